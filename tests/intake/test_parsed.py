"""A plugin's parser may do anything, and no row is lost by it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
import structlog

from nextvisit.flow.engine.events import Replied
from nextvisit.intake import row
from nextvisit.sdk.channels import (
    ChannelEvent,
    DeliveryReport,
    DeliveryStatus,
    InboundMessage,
    UnreadableEvent,
)
from nextvisit.sdk.errors import Bug, ProtocolError, RetryLater
from nextvisit.sdk.records import MisRef
from nextvisit.store.queues import inbox
from tests.world.clinic import Clinic
from tests.world.records import CANARY, PHONE, a_patient

pytestmark = pytest.mark.anyio
ONE = MisRef("Patient/1")

Parser = Callable[[bytes], object]


def _raises(error: BaseException) -> Parser:
    def parse(_body: bytes) -> object:
        raise error

    return parse


def _breaks_off(body: bytes) -> object:
    yield a_patient()
    raise ValueError(body)


LIARS: dict[str, tuple[Parser, str, str]] = {
    "stops an iteration": (_raises(StopIteration(CANARY)), "raised", "StopIteration"),
    "exits": (_raises(SystemExit(CANARY)), "raised", "SystemExit"),
    "interrupts": (_raises(KeyboardInterrupt(CANARY)), "raised", "KeyboardInterrupt"),
    "cancels": (_raises(asyncio.CancelledError(CANARY)), "raised", "CancelledError"),
    "groups": (_raises(BaseExceptionGroup(CANARY, [SystemExit()])), "raised", "BaseExceptionGroup"),
    "breaks off": (_breaks_off, "raised", "ValueError"),
    "returns nothing": (lambda _body: None, "raised", "TypeError"),
    "returns a text": (lambda _body: CANARY, "returned", "str"),
    "returns a dict": (lambda _body: {CANARY: a_patient()}, "returned", "str"),
    "returns JSON": (lambda _body: [{"sender": CANARY}], "returned", "dict"),
    "returns one thing of many": (lambda _body: [None], "returned", "NoneType"),
}


@pytest.fixture(params=list(LIARS.values()), ids=list(LIARS))
def liar(request: pytest.FixtureRequest) -> tuple[Parser, str, str]:
    parser: tuple[Parser, str, str] = request.param
    return parser


async def _as_told(clinic: Clinic, logs: Sequence[Mapping[str, object]], reason: str, error: str) -> None:
    """One complaint, by type alone; the row waits, and a better parser finds all of it."""
    (told,) = [each for each in logs if each["event"] == "intake.parser_failed"]
    assert (told["log_level"], told["reason"], told["error"]) == ("error", reason, error)
    assert CANARY not in repr(logs)
    assert [each[1:] for each in await clinic.states() if each[1] != "done"] == [("parked", "parser_bug")]
    async with clinic.db.transaction() as tx:
        assert await inbox.replay(tx) == 1
    await clinic.drain()


async def test_a_page_waits_for_a_parser_that_keeps_to_its_word(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, liar: tuple[Parser, str, str]
) -> None:
    parse, reason, error = liar
    with structlog.testing.capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(clinic.mis, "parse", parse)
        await asyncio.wait_for(clinic.sync(a_patient()), 240)
    await _as_told(clinic, logs, reason, error)
    await clinic.patient(ONE)


async def test_a_patients_words_wait_for_a_parser_that_keeps_to_its_word(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, liar: tuple[Parser, str, str]
) -> None:
    parse, reason, error = liar
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(ONE)
    await clinic.a_message(journey)
    await clinic.tell(InboundMessage(PHONE, "tak"))
    with structlog.testing.capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(clinic.sms, "parse_inbound", parse)
        await asyncio.wait_for(clinic.drain(), 240)
    await _as_told(clinic, logs, reason, error)
    assert [type(each) for each in await clinic.heard(journey)] == [Replied]


async def test_what_a_plugin_says_that_it_cannot_read_waits_under_its_code(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no bug of the plugin, which named what came."""
    monkeypatch.setattr(
        clinic.sms, "parse_inbound", _raises(ProtocolError("acme.call", CANARY, whose="theirs"))
    )
    await clinic.tell(InboundMessage(PHONE, "tak"))
    await clinic.drain()
    assert [each[1:] for each in await clinic.states()] == [("parked", "acme.call")]


async def test_things_that_are_read_only_once_are_read(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic.mis, "parse", lambda _body: (each for each in [a_patient()]))
    await clinic.sync(a_patient())
    await clinic.patient(ONE)


async def test_what_is_no_record_at_all_waits_alone(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is passed over, and what came with it is taken in."""
    with monkeypatch.context() as patch:
        patch.setattr(clinic.mis, "parse", lambda _body: [a_patient(), InboundMessage(PHONE, CANARY)])
        await clinic.sync(a_patient(), a_patient(2))
    await clinic.patient(ONE)
    assert await clinic.states() == [("mis_page", "done", None), ("mis_resource", "parked", "record.foreign")]
    async with clinic.db.transaction() as tx:
        assert await inbox.replay(tx) == 1
    await clinic.drain()
    await clinic.patient(MisRef("Patient/2"))


async def test_a_parser_that_never_ends_costs_its_row_alone(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a channel, whose words share a lane with everybody's: a STOP behind it is read."""
    let_go, parse = threading.Event(), clinic.sms.parse_inbound

    def hangs(body: bytes) -> Sequence[ChannelEvent]:
        if b"hang" in body:
            let_go.wait()
        return parse(body)

    await clinic.sync(a_patient())
    monkeypatch.setattr(clinic.sms, "parse_inbound", hangs)
    monkeypatch.setattr(row, "PATIENCE_WITH_TALK", timedelta(seconds=1))
    await clinic.tell(InboundMessage(PHONE, "hang"))
    await clinic.tell(InboundMessage(PHONE, "STOP"))
    try:
        await asyncio.wait_for(clinic.drain(), 240)
    finally:
        let_go.set()
    assert [each[1:] for each in await clinic.states() if each[0] == "channel"] == [
        ("parked", "parser.slow"),
        ("done", None),
    ]
    assert await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")


async def test_what_cannot_be_read_now_comes_again_and_nobody_waits_for_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parser that is in a process of its own, and has none at the moment."""
    parse = clinic.sms.parse_inbound

    def away(body: bytes) -> Sequence[ChannelEvent]:
        if b"away" in body:
            raise RetryLater("plugin.away", CANARY)
        return parse(body)

    await clinic.sync(a_patient())
    with monkeypatch.context() as patch:
        patch.setattr(clinic.sms, "parse_inbound", away)
        patch.setattr(clinic.mis, "parse", _raises(RetryLater("plugin.died", CANARY)))
        await clinic.tell(InboundMessage(PHONE, "away"))
        await clinic.tell(InboundMessage(PHONE, "STOP"))
        with structlog.testing.capture_logs() as logs:
            await clinic.sync(a_patient(2))
    assert sorted(await clinic.states())[:2] == [("channel", "done", None), ("channel", "new", "plugin.away")]
    assert ("mis_page", "new", "plugin.died") in await clinic.states()
    assert await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")
    assert [each["reason"] for each in logs if each["event"] == "intake.parser_away"]
    assert CANARY not in repr(logs)


async def test_what_was_not_looked_at_waits_for_its_parser_however_long_that_is_away(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No attempt was made of it, so none is counted: it is not parked for what another page did."""
    await clinic.sync(a_patient())
    with monkeypatch.context() as patch:
        patch.setattr(clinic.sms, "parse_inbound", _raises(RetryLater("plugin.away", CANARY)))
        await clinic.tell(InboundMessage(PHONE, "STOP"))
        for _ in range(2 * inbox.MAX_ATTEMPTS):
            await clinic.drain()
            await clinic.rows("UPDATE inbox SET retry_at_wall = NULL RETURNING id")
    await clinic.drain()
    assert await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")


async def test_what_ends_its_parser_again_is_parked_under_that(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic.sms, "parse_inbound", _raises(Bug("plugin.died", CANARY)))
    await clinic.tell(InboundMessage(PHONE, "anything"))
    await clinic.drain()
    assert ("channel", "parked", "plugin.died") in await clinic.states()


WRONG_EVENTS: list[tuple[ChannelEvent, str]] = [
    (InboundMessage(5, CANARY), "event.sender.type"),  # type: ignore[arg-type]
    (InboundMessage(" ", CANARY), "event.sender.empty"),
    (InboundMessage(PHONE, CANARY.encode()), "event.text.type"),  # type: ignore[arg-type]
    (DeliveryReport("sent", "p1"), "event.status.type"),  # type: ignore[arg-type]
    (DeliveryReport(DeliveryStatus.SENT, "p1", at=datetime(2026, 3, 1)), "event.at.no_zone"),  # noqa: DTZ001
    (DeliveryReport(DeliveryStatus.SENT, "p" * 501), "event.provider_ref.size"),
    (UnreadableEvent(f"not read: {CANARY}"), "event.code.no_code"),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG_EVENTS, ids=[each[1] for each in WRONG_EVENTS])
async def test_an_event_that_is_wrong_costs_itself_and_waits(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, wrong: ChannelEvent, reason: str
) -> None:
    await clinic.sync(a_patient())
    monkeypatch.setattr(clinic.sms, "parse_inbound", lambda _body: [wrong, InboundMessage(PHONE, "STOP")])
    await clinic.tell(InboundMessage(PHONE, "anything"))
    with structlog.testing.capture_logs() as logs:
        await clinic.drain()
    assert [each[1:] for each in await clinic.states() if each[0] == "channel"] == [("parked", reason)]
    assert await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")
    assert CANARY not in repr(logs)


async def test_an_event_that_cannot_be_read_costs_itself_and_waits_under_its_code(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.sync(a_patient())
    told = [UnreadableEvent("acme.reaction"), InboundMessage(PHONE, "STOP")]
    monkeypatch.setattr(clinic.sms, "parse_inbound", lambda _body: told)
    await clinic.tell(InboundMessage(PHONE, "anything"))
    await clinic.drain()
    assert await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")
    waiting = [("channel", "parked", "acme.reaction")]
    assert [each for each in await clinic.states() if each[0] == "channel"] == waiting
    async with clinic.db.transaction() as tx:
        assert await inbox.replay(tx) == 1
    await clinic.drain()
    assert len(await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")) == 1


async def test_a_stop_is_read_whatever_is_wrong_beside_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.sync(a_patient())
    wrong = InboundMessage(PHONE, "STOP", provider_ref=7, at=datetime(2026, 3, 1))  # type: ignore[arg-type]  # noqa: DTZ001
    monkeypatch.setattr(clinic.sms, "parse_inbound", lambda _body: [wrong])
    await clinic.tell(InboundMessage(PHONE, "anything"))
    await clinic.drain()
    assert await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")
