"""The pixel: people count, machines do not."""

from __future__ import annotations

import pytest

from nextvisit.flow.engine.events import Opened
from tests.world.web import Web

pytestmark = pytest.mark.anyio


async def test_a_loaded_pixel_tells_the_journey_once(web: Web) -> None:
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


async def test_gmails_image_proxy_is_a_reader(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "pixel")
    agent = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
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
    ],
)
async def test_a_machine_counts_as_prefetched_and_nothing_else(
    web: Web, method: str, headers: dict[str, str]
) -> None:
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
