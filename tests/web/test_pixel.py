"""The pixel: people count, machines do not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.flow.engine.events import Opened
from nextvisit.web.scanners import PREFETCHING
from tests.world.clock import SetClock
from tests.world.web import Web

pytestmark = pytest.mark.anyio


@pytest.fixture
def read_later(clock: SetClock, web: Web) -> Web:
    """The message has been out for long enough to be read."""
    clock.move(PREFETCHING)
    return web


async def test_a_loaded_pixel_tells_the_journey_once(read_later: Web) -> None:
    web = read_later
    token = await web.clinic.a_token(web.message, "pixel")
    for _ in range(2):
        answer = await web.http.get(f"/p/{token}.gif")
        assert answer.status_code == 200
        assert len(answer.content) == 43
        assert answer.headers["content-type"] == "image/gif"
        assert "no-store" in answer.headers["cache-control"]
    assert len(await _opened(web)) == 1


async def _opened(web: Web) -> list[Opened]:
    return [each for each in await web.clinic.heard(web.journey) if isinstance(each, Opened)]


async def test_what_loads_it_before_anybody_can_have_read_the_mail_is_a_filter(
    web: Web, clock: SetClock
) -> None:
    token = await web.clinic.a_token(web.message, "pixel")
    clock.move(PREFETCHING - timedelta(seconds=1))
    await web.http.get(f"/p/{token}.gif")
    assert await _opened(web) == []
    clock.move(timedelta(seconds=1))
    await web.http.get(f"/p/{token}.gif")
    assert len(await _opened(web)) == 1


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    ],
)
async def test_gmails_image_proxy_and_old_programs_are_readers(read_later: Web, agent: str) -> None:
    web = read_later
    token = await web.clinic.a_token(web.message, "pixel")
    await web.http.get(f"/p/{token}.gif", headers={"User-Agent": agent})
    assert len(await _opened(web)) == 1


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"User-Agent": "BarracudaCentral"}),
        ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"User-Agent": "Mozilla/5.0"}),
        ("GET", {"User-Agent": "Go-http-client/2.0"}),
        ("GET", {"User-Agent": "Java/17.0.2"}),
        ("GET", {"User-Agent": "Java-http-client/21"}),
        ("GET", {"User-Agent": "Apache-HttpClient/4.5.13 (Java/11.0.9)"}),
        ("GET", {"User-Agent": "python-requests/2.32.3"}),
        ("GET", {"User-Agent": "python-httpx/0.28"}),
        ("GET", {"User-Agent": "curl/8.5.0"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; somebot/2.0)"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; MailSecurity/2.1; +https://vendor.example)"}),
        ("GET", {"User-Agent": "MailSecurityScanner/2.1"}),
        ("GET", {"User-Agent": "acme link-check 1.0"}),
        ("GET", {"X-Purpose": "preview"}),
        ("GET", {"X-Moz": "prefetch"}),
    ],
)
async def test_a_machine_counts_as_prefetched_and_nothing_else(
    read_later: Web, method: str, headers: dict[str, str]
) -> None:
    web = read_later
    token = await web.clinic.a_token(web.message, "pixel")
    assert (await web.http.request(method, f"/p/{token}.gif", headers=headers)).status_code == 200
    assert await web.clinic.heard(web.journey) == ()
    assert await web.clinic.rows("SELECT prefetched, used_at FROM link") == [(1, None)]


async def test_a_guessed_token_gets_the_same_picture(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    real = await web.http.get(f"/p/{token}.gif")
    guessed = await web.http.get(f"/p/{'A' * 22}.gif")
    assert (real.status_code, real.content) == (guessed.status_code, guessed.content)
    assert await web.clinic.heard(web.journey) == ()
