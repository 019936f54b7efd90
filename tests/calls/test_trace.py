"""Whoever switches it on sees each call of one connection's plugin, and nothing of what it was about."""

from __future__ import annotations

from datetime import timedelta

import pytest
import structlog

from nextvisit.calls.guard import Whose, guarded
from nextvisit.calls.troubles import Troubles
from nextvisit.sdk.channels import MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.errors import Bug, Rejected
from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.watch.logs import ALLOWED
from tests.calls.wrong import WrongMis, raises
from tests.world.records import CANARY, PHONE

pytestmark = pytest.mark.anyio

LATE = timedelta(minutes=10)
MESSAGE = OutgoingMessage(MessageId("m1"), PHONE, ShortText(CANARY), "en")
OF_A_CALL = {"origin", "source", "method", "code", "duration_ms"}


async def test_each_call_is_a_line_with_how_it_ended_and_how_long_it_took() -> None:
    channel = FakeChannel()
    sms = guarded(channel, Whose("text", "pigeon"), Troubles(), LATE, traced=True)
    channel.fail_next(Rejected("pigeon.barred", CANARY, scope="recipient"))
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(Rejected):
            await sms.send(MESSAGE)
        await sms.send(MESSAGE)
    assert [
        (each["event"], each["origin"], each["source"], each["method"], each["code"]) for each in logs
    ] == [
        ("plugin.called", "text", "pigeon", "send", "pigeon.barred"),
        ("plugin.called", "text", "pigeon", "send", "ok"),
    ]
    assert all(
        each.keys() - {"event", "log_level"} == OF_A_CALL and each["duration_ms"] >= 0 for each in logs
    )
    assert OF_A_CALL <= ALLOWED
    assert CANARY not in str(logs)
    assert PHONE not in str(logs)


async def test_of_pages_each_is_one_and_so_is_what_ends_them() -> None:
    mis = guarded(WrongMis(raises(ValueError(CANARY))), Whose("his", "acme"), Troubles(), LATE, traced=True)
    with structlog.testing.capture_logs() as logs:
        pages = mis.changes(None)
        assert await anext(pages) == RawBatch(b"1", Cursor("1"), 1)
        with pytest.raises(Bug):
            await anext(pages)
    told = [(each["method"], each["code"]) for each in logs if each["event"] == "plugin.called"]
    assert told == [("changes", "ok"), ("changes", "plugin.raised")]
    assert CANARY not in str(logs)


async def test_what_is_parsed_is_a_call_too_and_who_says_nothing_gets_no_line() -> None:
    with structlog.testing.capture_logs() as logs:
        guarded(FakeMis(), Whose("his", "acme"), Troubles(), LATE, traced=True).parse(b"[]")
        guarded(FakeMis(), Whose("quiet", "acme"), Troubles(), LATE).parse(b"[]")
        await guarded(FakeChannel(), Whose("quiet", "pigeon"), Troubles(), LATE).check()
    assert [(each["origin"], each["method"], each["code"]) for each in logs] == [("his", "parse", "ok")]


async def test_a_code_that_is_none_is_said_nowhere() -> None:
    """A plugin may put a provider's sentence there, which names a patient."""
    channel = FakeChannel()
    sms = guarded(channel, Whose("text", "pigeon"), Troubles(), LATE, traced=True)
    for code in (f"no credit for {CANARY}", "x" * 200, f"pigeon.{CANARY} {PHONE}"):
        channel.fail_next(Rejected(code, CANARY, scope="recipient"))
        with structlog.testing.capture_logs() as logs, pytest.raises(Rejected) as caught:
            await sms.send(MESSAGE)
        assert (caught.value.code, str(caught.value)) == ("plugin.no_code", "plugin.no_code")
        assert caught.value.scope == "recipient"
        assert [each["code"] for each in logs if each["event"] == "plugin.called"] == ["plugin.no_code"]
        assert CANARY not in str(logs)


async def test_a_class_that_is_called_as_a_patient_is_called_so_nowhere() -> None:
    troubles = Troubles()
    named = type(f"{CANARY}_{PHONE[1:]}", (Exception,), {})
    mis = guarded(WrongMis(raises(named())), Whose("his", "acme"), troubles, LATE, traced=True)
    with structlog.testing.capture_logs() as logs, pytest.raises(Bug) as caught:
        await mis.check()
    assert PHONE[1:] not in str(logs) + str(caught.value) + str(troubles.take())
