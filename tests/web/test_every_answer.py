"""What holds of every answer, whichever route gives it and however the request ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
import structlog
from markupsafe import escape

from nextvisit.flow.engine.events import Replied
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.replies import Intent
from nextvisit.store.queues import inbox
from tests.world.clock import NOW
from tests.world.site import SITE
from tests.world.web import Web, client, deps_of

pytestmark = pytest.mark.anyio

POLICY = ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
ROUTES = ("/v/x", "/v/x/thanks", "/u/x", "/p/x.gif", "/health/live", "/health/ready", "/webhooks/sms")


async def _answers(web: Web, monkeypatch: pytest.MonkeyPatch) -> dict[str, httpx2.Response]:
    """One of each way in which a request ends, with its status."""
    page = f"/v/{await web.clinic.a_token(web.message, 'page')}"
    over = f"/u/{await web.clinic.a_token(web.message, 'unsubscribe')}"
    pixel = f"/p/{await web.clinic.a_token(web.message, 'pixel')}.gif"
    yes = {"answer": "wants_visit"}
    http = web.http
    found = [
        await http.get(page),
        await http.post(page, data={"answer": "nothing of the page"}),
        await http.get(f"{page}/nowhere"),
        await http.get(over),
        await http.post(over, data={"x": "y"}),
        await http.get("/v/guessed"),
        await http.get(pixel),
        await http.post(page, data={"text": "x" * 20_000}),
        await http.get("/health/live"),
        await http.get("/health/ready"),
        await http.get("/nowhere"),
        await http.delete("/health/live"),
        await http.post("/webhooks/sms", content=b"{}", headers={"X-Signature": "bad"}),
        await http.post("/webhooks/fax", content=b"{}"),
    ]
    for fault in (RetryLater("store.unavailable"), ZeroDivisionError()):

        async def failing(*_args: object, fault: Exception = fault, **_more: object) -> bool:
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr(inbox, "put", failing)
            found.append(await http.post(page, data=yes))
    found.append(await http.post(page, data=yes))
    return {f"{each.request.method} {each.request.url.path} {each.status_code}": each for each in found}


async def test_every_answer_may_load_nothing_and_is_kept_and_framed_by_nobody(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = await _answers(web, monkeypatch)
    assert {each.status_code for each in answers.values()} == {
        200, 303, 400, 401, 404, 405, 409, 410, 413, 422, 500, 503,
    }  # fmt: skip
    for asked, answer in answers.items():
        policy = [each.strip() for each in answer.headers["content-security-policy"].split(";")]
        assert [each for each in POLICY if each not in policy] == [], asked
        assert answer.headers["x-content-type-options"] == "nosniff", asked
        assert answer.headers["referrer-policy"] == "no-referrer", asked
        assert "no-store" in answer.headers["cache-control"], asked
        assert "max-age=31536000; includeSubDomains" in answer.headers["strict-transport-security"], asked


async def test_no_answer_sets_a_cookie_or_lets_another_origin_read_it(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked, answer in (await _answers(web, monkeypatch)).items():
        named = {each.lower() for each in answer.headers}
        assert "set-cookie" not in named, asked
        assert [each for each in named if each.startswith("access-control-")] == [], asked


async def test_every_answer_with_a_body_says_what_it_is(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, answer in (await _answers(web, monkeypatch)).items():
        if not answer.content:
            continue
        said = answer.headers["content-type"]
        if answer.content.startswith(b"<!doctype html>"):
            assert said == "text/html; charset=utf-8", asked
        elif answer.content.startswith(b"GIF89a"):
            assert said == "image/gif", asked
        else:
            assert answer.json() is not None, asked
            assert said == "application/json", asked


@pytest.mark.parametrize("route", ROUTES)
async def test_nobody_is_answered_with_an_own_request(web: Web, route: str) -> None:
    assert (await web.http.request("TRACE", route)).status_code == 405


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/static/", "/v/", "/webhooks/"])
async def test_no_page_is_about_the_program(web: Web, path: str) -> None:
    assert (await web.http.get(path)).status_code == 404


async def test_a_call_that_is_not_theirs_is_a_line_of_the_log(web: Web) -> None:
    with structlog.testing.capture_logs() as logs:
        await web.http.post("/webhooks/sms", content=b"{}", headers={"X-Signature": "bad"})
    (told,) = [each for each in logs if each["event"] == "webhook.refused"]
    assert (told["origin"], told["log_level"]) == ("sms", "warning")
    assert told["code"]


async def test_nothing_that_a_page_says_is_markup(web: Web) -> None:
    name = '<b onclick=x>Klinika</b> & "Lipa" \''
    site = replace(SITE, name=name, phone='+48 22"><script>')
    token = await web.clinic.a_token(web.message, "page")
    async with client(replace(deps_of(web.clinic), site=site)) as http:
        for path in (f"/v/{token}", "/v/guessed", f"/v/{token}/urgent"):
            html = (await http.get(path)).text
            assert "<script" not in html
            assert "<b " not in html
            assert 'href="tel:+4822&#34;&gt;&lt;script&gt;"' in html
            assert escape(name) in html


@pytest.mark.parametrize(
    ("query", "form", "intents"),
    [
        ("", "answer=wants_visit&answer=question&text=Ile%3F", [Intent.QUESTION]),
        ("?answer=stop&text=STOP", "answer=question&text=Ile%3F", [Intent.QUESTION]),
        ("", f"answer=question&text=Ile%3F&message={UUID(int=7)}&at=2020-01-01&offer=x", [Intent.QUESTION]),
        ("?answer=wants_visit", "", []),
    ],
    ids=["twice", "in the address too", "more than the page has", "in the address alone"],
)
async def test_an_answer_is_what_stands_last_in_the_form_and_nothing_else(
    web: Web, query: str, form: str, intents: list[Intent]
) -> None:
    token = await web.clinic.a_token(web.message, "page")
    await web.http.post(f"/v/{token}{query}", content=form)
    await web.clinic.drain()
    heard = [each for each in await web.clinic.heard(web.journey) if isinstance(each, Replied)]
    assert [each.intent for each in heard] == intents
    assert all(each.at > NOW - timedelta(days=1) for each in heard)
