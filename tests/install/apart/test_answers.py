"""What a plugin gives and raises in a process of its own is what it gives and raises in ours."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from nextvisit.files.fault import InvalidFile
from nextvisit.sdk.doors import Answer, Handshake, Keep, RawInbound, RawRequest
from nextvisit.sdk.errors import (
    Bug,
    ConfigError,
    NextVisitError,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    RetryLater,
    SlotTaken,
)
from nextvisit.sdk.ports import (
    AnswersWebhooks,
    Books,
    Channel,
    FindsMessages,
    KeepsPace,
    LeavesOut,
    Listens,
    Lists,
    MisAdapter,
    Reschedules,
    TellsTime,
)
from nextvisit.sdk.records import BookingRequest, CancelReason, MisRef, SlotQuery, Specialty
from nextvisit.sdk.soundness import faults_of
from tests.install.apart.plugins import Site
from tests.world.records import CANARY

pytestmark = pytest.mark.anyio
WANTED = SlotQuery(
    Specialty("cardiology"), datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
)


async def test_it_has_the_ports_of_its_plugin_and_no_others(site: Site) -> None:
    mis, sms = site.acme(), site.pigeon()
    for port in (MisAdapter, Lists, Books, Reschedules, KeepsPace, LeavesOut, Listens, TellsTime):
        assert isinstance(mis, port) == isinstance(site.acme("here", apart=False), port), port
    for of_channel in (Channel, Listens, AnswersWebhooks, FindsMessages):
        has = isinstance(site.pigeon("there", apart=False), of_channel)
        assert isinstance(sms, of_channel) == has, of_channel


async def test_a_fault_of_its_settings_is_told_with_its_line(site: Site) -> None:
    with pytest.raises(InvalidFile, match=r"\d+:\d+: .*mis\.clinic\.settings\.verfy: unknown key"):
        site.acme(verfy=True)


async def test_records_come_as_they_are(site: Site) -> None:
    mis, here = site.acme(), site.acme("here", apart=False)
    pages = [page async for page in mis.changes(None)]
    assert pages == [page async for page in here.changes(None)]
    assert len(pages) == 2
    assert [page async for page in mis.changes(pages[0].cursor)] == pages[1:]
    assert mis.parse(pages[0].body) == here.parse(pages[0].body)
    assert [page async for page in mis.listing()] == [page async for page in here.listing()]
    (slot,) = await mis.free_slots(WANTED)
    assert [slot] == await here.free_slots(WANTED)
    request = BookingRequest("b1", MisRef("Patient/1"), slot)
    assert await mis.find_booking(request) is None
    booked = await mis.book(request)
    assert booked == await here.book(request) == await mis.find_booking(request)
    with pytest.raises(SlotTaken):
        await mis.book(BookingRequest("b2", MisRef("Patient/2"), slot))
    assert await mis.cancel(booked, CancelReason.PATIENT) is None
    assert mis.left_out() == {"slot.odd": 2}
    assert mis.left_out() == {}
    assert site.met() == []


async def test_nobody_turns_on_and_nothing_stays_open(site: Site) -> None:
    mis = site.acme()
    pages = mis.changes(None)
    await anext(pages)
    await pages.aclose()
    assert len([page async for page in mis.changes(None)]) == 2


ERRORS: dict[str, NextVisitError] = {
    'Busy("acme.busy", "come later", after=timedelta(seconds=9), scope="recipient")': RetryLater(
        "acme.busy", "come later", after=timedelta(seconds=9), scope="recipient"
    ),
    'OutcomeUnknown("acme.cut")': OutcomeUnknown("acme.cut"),
    'Rejected("acme.no", "why", scope="account", permanent=False)': Rejected(
        "acme.no", "why", scope="account", permanent=False
    ),
    'ProtocolError("acme.odd", whose="ours")': ProtocolError("acme.odd", whose="ours"),
    'ConfigError("acme.set", "set it", place="token")': ConfigError("acme.set", "set it", place="token"),
}


@pytest.mark.parametrize("said", ERRORS)
async def test_an_error_of_the_sdk_keeps_what_it_says(site: Site, said: str) -> None:
    mis, want = site.acme(), ERRORS[said]
    with pytest.raises(type(want)) as caught:
        await mis.look_up([MisRef(said)])
    assert str(caught.value) == str(want)
    assert vars(caught.value) == vars(want)
    assert site.met() == []


async def test_any_other_error_becomes_one_with_its_class_and_line_and_without_its_words(site: Site) -> None:
    mis = site.acme()
    with capture_logs() as logs, pytest.raises(Bug) as caught:
        mis.parse(b"raises")
    assert caught.value.code == "plugin.raised"
    assert "ValueError at acme.py:" in str(caught.value)
    with pytest.raises(Bug, match="KeyError"):
        await mis.look_up([MisRef("KeyError('Kanarek')")])
    assert CANARY not in repr(logs) + str(caught.value)
    assert site.met() == [
        ("clinic", "parse", "raised", "ValueError"),
        ("clinic", "look_up", "raised", "KeyError"),
    ]


async def test_a_record_that_is_wrong_is_wrong_in_the_same_field(site: Site) -> None:
    first, second, third = site.acme().parse(b"odd")
    assert [each.code for each in faults_of(first)] == ["birth_date.type"]
    assert first.ref == "Patient/1"
    assert CANARY not in repr(second)
    assert third.ref == "Patient/2"


async def test_half_an_emoji_comes_through(site: Site) -> None:
    (message,) = site.pigeon().parse_inbound(b"\xff tak")
    assert message.text == "\udcff tak"


async def test_who_blocks_its_loop_is_named_with_the_line(site: Site) -> None:
    with pytest.raises(Bug, match="LoopBlocked"):
        await site.acme().look_up([MisRef("blocks")])
    assert ("clinic", "look_up", "blocked", "") in site.met()


async def test_a_call_that_nobody_waits_for_ends_there_too(site: Site) -> None:
    mis = site.acme()
    here = (await mis.look_up([MisRef("runs os.environ['TMPDIR']")])).decode()
    told = Path(here, "cancelled")
    call = asyncio.ensure_future(mis.look_up([MisRef("waits"), MisRef(str(told))]))
    await mis.check()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert told.exists()


async def test_a_call_that_does_not_come_back_is_given_up_there(site: Site) -> None:
    site.attempt = "PT1S"
    mis = site.acme()
    with pytest.raises(RetryLater, match=r"plugin\.slow: .look_up. of acme"):
        await mis.look_up([MisRef("waits"), MisRef("/dev/null")])
    assert [each[1:3] for each in site.met()] == [("look_up", "slow")]


async def test_a_webhook_is_understood_there(site: Site) -> None:
    sms = site.pigeon()

    def asked(method: str, body: bytes = b"") -> Any:
        return sms.receive(RawRequest(method, "/webhooks/sms", (("a", "b"),), (("c", "d"),), body))

    assert asked("POST") == Keep("k")
    assert asked("GET", b"\xfe") == Handshake(Answer(200, b"\xff\xfe"))
    with pytest.raises(Rejected, match=r"pigeon\.forged"):
        asked("PUT")
    with pytest.raises(Bug):
        asked("POST", b"odd")
    assert [each.text for each in sms.parse_webhook(RawRequest("POST", "/", (), (), b"tak"))] == ["tak"]


class Pace:
    """Notes what is wanted of it."""

    def __init__(self) -> None:
        self.wanted: list[object] = []

    async def turn(self) -> None:
        self.wanted.append("turn")

    async def rest(self, span: timedelta) -> None:
        self.wanted.append(span)


async def test_it_takes_its_turns_here(site: Site) -> None:
    mis, pace = site.acme(), Pace()
    mis.keep_pace(pace)
    assert await mis.look_up([MisRef("paced")]) == b"paced"
    assert pace.wanted == ["turn", timedelta(minutes=2)]


class Kept:
    """An inbox."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.may_keep, self.is_asked = asyncio.Event(), asyncio.Event()
        self.error: NextVisitError | None = None

    async def put(self, raw: RawInbound) -> None:
        self.is_asked.set()
        await self.may_keep.wait()
        if self.error is not None:
            raise self.error
        self.told.append(raw)

    def listening(self) -> None:
        self.told.append("listening")

    def deaf(self, why: NextVisitError) -> None:
        self.told.append(f"{why}")


async def test_what_comes_in_is_acknowledged_after_it_is_kept(site: Site) -> None:
    connected: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    server = await asyncio.start_server(lambda *pair: connected.put_nowait(pair), "127.0.0.1", 0)
    sms, inbox = site.pigeon(port=server.sockets[0].getsockname()[1]), Kept()
    serving = asyncio.ensure_future(sms.serve(inbox))
    reader, writer = await connected.get()
    assert await reader.readline() == b"listens\n"
    writer.write(b"tak\n")
    answer = asyncio.ensure_future(reader.readline())
    await inbox.is_asked.wait()
    assert await sms.check()
    assert not answer.done()
    inbox.may_keep.set()
    assert await answer == b"kept\n"
    inbox.error = RetryLater("store.away")
    writer.write(b"nie\n")
    assert await reader.readline() == b"not kept\n"
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert await reader.readline() == b"leaves\n"
    writer.close()
    assert inbox.told == ["listening", RawInbound(b"tak\n", "tak\n"), "store.away"]
    # One that ends by itself says so with the system's number.
    serving = asyncio.ensure_future(sms.serve(inbox))
    reader, writer = await connected.get()
    assert await reader.readline() == b"listens\n"
    writer.close()
    with pytest.raises(OSError, match="98"):
        await serving
    server.close()


async def test_what_it_prints_is_in_nobody_s_output_and_told(site: Site, capfd: Any) -> None:
    mis = site.acme()
    with capture_logs() as logs:
        assert mis.parse(b"prints") == []
        await mis.close()
    printed = capfd.readouterr()
    assert CANARY not in printed.out + printed.err + repr(logs)
    assert [each["origin"] for each in logs if each["event"] == "plugin.printed"] == ["clinic"]
