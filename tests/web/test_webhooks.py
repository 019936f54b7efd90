"""Providers' calls: verified, committed, acknowledged, and understood once."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta

import pytest
import structlog

from nextvisit.flow.engine.events import Replied
from nextvisit.intake.wire import webhook_from_bytes, webhook_to_bytes
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.doors import Answer, Keep, RawRequest, Received
from nextvisit.sdk.errors import Bug, RetryLater
from nextvisit.store.queues import inbox
from nextvisit.web import webhooks
from tests.world.clinic import events
from tests.world.records import CANARY, PHONE
from tests.world.web import Web

pytestmark = pytest.mark.anyio
GOOD = {"X-Signature": "good"}
BODY = events(InboundMessage(PHONE, f"{CANARY}, ile to kosztuje?"))


async def test_a_call_is_acknowledged_and_understood_once(web: Web) -> None:
    for _ in range(2):
        answer = await web.http.post("/webhooks/sms", params={"id": "1"}, content=BODY, headers=GOOD)
        assert answer.status_code == 202
    await web.clinic.drain()
    assert [type(each) for each in await web.clinic.heard(web.journey)] == [Replied]


async def test_a_wrong_signature_is_refused_and_nothing_is_kept(web: Web) -> None:
    answer = await web.http.post(
        "/webhooks/sms", params={"id": "1"}, content=BODY, headers={"X-Signature": "bad"}
    )
    assert answer.status_code == 401
    assert await web.clinic.drain() == 0


@pytest.mark.parametrize("fault", [TypeError(CANARY), KeyError(CANARY), Bug("plugin.confused", CANARY)])
async def test_a_call_at_which_the_plugin_fails_is_refused_and_nothing_is_kept(
    fault: Exception, web: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By whoever calls, before anything was verified; the log names the plugin and quotes nothing."""

    def failing(_request: RawRequest) -> None:
        raise fault

    monkeypatch.setattr(web.clinic.sms, "receive", failing)
    with structlog.testing.capture_logs() as logs:
        answer = await web.http.post("/webhooks/sms", content=BODY, headers=GOOD)
    assert answer.status_code == 400
    (told,) = [each for each in logs if each["event"] == "webhook.plugin_failed"]
    code = fault.code if isinstance(fault, Bug) else f"bug.{type(fault).__name__}"
    assert (told["origin"], told["code"], told["log_level"]) == ("sms", code, "error")
    assert CANARY not in answer.text + repr(logs) + caplog.text
    assert await web.clinic.drain() == 0


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Answer(status=0),
        Answer(status=101),
        Answer(status="200"),  # type: ignore[arg-type]
        Answer(body="ok"),  # type: ignore[arg-type]
        Answer(status=204, body=b"ok"),
        Answer(media_type="text/plain\r\nX-Told: " + CANARY),
        Answer(media_type="text/żółty"),
        Answer(media_type=None),  # type: ignore[arg-type]
    ],
    ids=repr,
)
async def test_a_call_whose_answer_cannot_be_sent_is_not_kept(
    answer: Answer | None, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is the caller's still, who says it again when the plugin is mended."""
    with structlog.testing.capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(web.clinic.sms, "receive", lambda _request: Keep("1", answer))  # type: ignore[arg-type]
        refused = await web.http.post("/webhooks/sms", content=BODY, headers=GOOD)
    assert refused.status_code == 500
    (told,) = [each for each in logs if each["event"] == "webhook.plugin_failed"]
    assert (told["origin"], told["code"], told["log_level"]) == ("sms", "webhook.answer", "error")
    assert CANARY not in repr(refused.headers) + repr(logs)
    assert await web.clinic.drain() == 0
    kept = await web.http.post("/webhooks/sms", params={"id": "1"}, content=BODY, headers=GOOD)
    assert kept.status_code == 202
    assert await web.clinic.drain() == 1


@pytest.mark.parametrize("dedupe", [None, 7, b"1", "\ud83d"], ids=ascii)
async def test_a_call_whose_key_is_none_is_not_kept(
    dedupe: object, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    with structlog.testing.capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(web.clinic.sms, "receive", lambda _request: Keep(dedupe))  # type: ignore[arg-type]
        refused = await web.http.post("/webhooks/sms", content=BODY, headers=GOOD)
    assert refused.status_code == 500
    (told,) = [each for each in logs if each["event"] == "webhook.plugin_failed"]
    assert (told["origin"], told["code"], told["log_level"]) == ("sms", "webhook.dedupe", "error")
    assert await web.clinic.drain() == 0


@pytest.mark.parametrize(
    ("path", "query", "headers", "body"),
    [
        ("/webhooks/sms/%00%ff%ed%a0%80/../x", b"id=%00%ff%ed%a0%80", {}, BODY),
        ("/webhooks/sms", b"id=" + b"x" * 60_000, {}, BODY),
        ("/webhooks/sms", b"&".join([b"id=1"] * 5_000), {}, BODY),
        ("/webhooks/sms", b"id=2", {b"X-Odd": b"\xff\x80" * 100}, BODY),
        (
            "/webhooks/sms",
            b"id=3",
            {b"Content-Type": b"multipart/form-data; boundary=\xff"},
            b"\xff\x00\xed\xa0\x80",
        ),
        ("/webhooks/sms", b"id=4", {b"Content-Encoding": b"gzip"}, b"\x1f\x8b\x00"),
        ("/webhooks/sms", b"id=5", {b"Content-Length": b"3"}, b""),
    ],
)
async def test_whatever_bytes_a_verified_call_is_made_of_it_is_kept(
    path: str, query: bytes, headers: dict[bytes, bytes], body: bytes, web: Web
) -> None:
    answer = await web.http.post(
        f"{path}?{query.decode()}", content=body, headers=headers | {b"X-Signature": b"good"}
    )
    assert answer.status_code == 202
    assert len(await web.clinic.rows("SELECT id FROM inbox WHERE kind = 'webhook'")) == 1


async def test_a_signature_of_other_letters_is_a_wrong_one(web: Web) -> None:
    headers = {b"X-Signature": "gööd".encode("latin-1")}
    assert (await web.http.post("/webhooks/sms", content=BODY, headers=headers)).status_code == 401


async def test_a_challenge_that_is_missing_is_senseless(web: Web) -> None:
    assert (await web.http.get("/webhooks/sms", headers=GOOD)).status_code == 400


async def test_an_unknown_channel_is_not_found(web: Web) -> None:
    assert (await web.http.post("/webhooks/fax", content=BODY, headers=GOOD)).status_code == 404


async def test_a_body_over_a_mebibyte_is_refused(web: Web) -> None:
    body = b"x" * (1024 * 1024 + 1)
    assert (await web.http.post("/webhooks/sms", content=body, headers=GOOD)).status_code == 413


async def test_nothing_is_acknowledged_while_the_store_is_away(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: object, **_more: object) -> bool:
        raise RetryLater("store.unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "put", away)
        answer = await web.http.post("/webhooks/sms", params={"id": "1"}, content=BODY, headers=GOOD)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_logs_hold_no_token_text_or_number_even_when_something_breaks(
    web: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await web.clinic.a_token(web.message, "page")

    async def broken(*_args: object, body: bytes, **_more: object) -> bool:
        raise ZeroDivisionError(body)

    with structlog.testing.capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(inbox, "put", broken)
        failed = await web.http.post("/webhooks/sms", params={"id": "1"}, content=BODY, headers=GOOD)
        page = await web.http.post(f"/v/{token}", data={"answer": "question", "text": CANARY})
    assert (failed.status_code, page.status_code) == (500, 500)
    assert CANARY not in failed.text + page.text
    routes = [each["route"] for each in logs if each["event"] == "http.answered"]
    assert routes == ["/webhooks/{slug}", "/v/{token}"]
    ours = [each for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    for leak in (CANARY, "601100001", token):
        assert leak not in repr(logs)
        assert leak not in repr([each.getMessage() for each in ours])


def test_a_stored_call_reads_back_without_its_secrets() -> None:
    headers = (("authorization", "Basic x"), ("content-type", "text/plain"))
    request = RawRequest("POST", "/webhooks/sms", (("a", "1"), ("a", "2")), headers, b"\x00\xff")
    read = webhook_from_bytes(webhook_to_bytes(request))
    assert (read.body, read.query) == (request.body, request.query)
    assert read.headers == (("content-type", "text/plain"),)


async def test_who_understands_calls_in_a_process_of_its_own_is_waited_for_by_nobody_else(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, goes_on, receive = threading.Event(), threading.Event(), web.clinic.sms.receive

    def slowly(request: RawRequest) -> Received:
        asked.set()
        goes_on.wait()
        return receive(request)

    monkeypatch.setattr(webhooks, "is_apart", lambda _: True)
    monkeypatch.setattr(web.clinic.sms, "receive", slowly)
    calls = [
        asyncio.ensure_future(
            web.http.post("/webhooks/sms", params={"id": "1"}, content=BODY, headers=headers)
        )
        for headers in (GOOD, {"X-Signature": "bad"})
    ]
    await asyncio.to_thread(asked.wait)
    assert (await web.http.get("/health/live")).status_code == 200
    goes_on.set()
    assert [each.status_code for each in await asyncio.gather(*calls)] == [202, 401]
    goes_on.clear()
    monkeypatch.setattr(webhooks, "_PATIENCE", timedelta(milliseconds=10))
    try:
        answer = await web.http.post("/webhooks/sms", params={"id": "2"}, content=BODY, headers=GOOD)
        assert answer.status_code == 503
    finally:
        goes_on.set()
