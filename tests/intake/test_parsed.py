"""A plugin's parser may do anything, and no row is lost by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import pytest
import structlog

from nextvisit.flow.engine.events import Replied
from nextvisit.sdk.channels import InboundMessage
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


async def test_things_that_are_read_only_once_are_read(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic.mis, "parse", lambda _body: (each for each in [a_patient()]))
    await clinic.sync(a_patient())
    await clinic.patient(ONE)


async def test_a_thing_of_the_wrong_plugin_is_not_passed_over(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic.mis, "parse", lambda _body: [a_patient(), InboundMessage(PHONE, CANARY)])
    await clinic.sync(a_patient())
    assert await clinic.states() == [("mis_page", "parked", "parser_bug")]
