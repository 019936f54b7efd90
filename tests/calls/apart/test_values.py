"""Records come out of the wire as they went in, and what is wrong in one is wrong in the same field."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nextvisit.calls.answers import AT_ONCE, AWAITED, IN_PAGES, PARSING, SERVING
from nextvisit.calls.apart.values import GIVES, TAKES, Unlike, dump_things, load_things
from nextvisit.calls.apart.wire import LARGEST, BrokenWire, Frames, Ping, frame, order_of
from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus, InboundMessage, Price
from nextvisit.sdk.records import Consent, Deleted, MisRef, Oddity, PullSoon, Purpose, Unreadable
from nextvisit.sdk.soundness import faults_of
from tests.world.records import a_patient, a_visit

THINGS: dict[str, Any] = {
    "a patient": a_patient(),
    "a visit": a_visit(),
    "a consent": Consent(MisRef("c"), "1", datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Warsaw")), MisRef("p"), "deny", (Purpose.RECALL,)),
    "deleted": Deleted(MisRef("p"), unseen=True),
    "bytes": Unreadable(None, "page.odd", alone=b"\xff\n\0 x"),
    "an oddity": Oddity(MisRef("p"), "birth_date.malformed"),
    "nothing but news": PullSoon(),
    "a price": DeliveryReport(DeliveryStatus.SENT, "p1", to=("1", "2"), price=Price(Decimal("0.0123"), "PLN")),
    "words": InboundMessage("+48500100200", "tak \U0001f600\n\0", at=datetime(2026, 3, 1, 9, 0, 0, 7, tzinfo=UTC)),
    "half an emoji": InboundMessage("+48500100200", "tak \ud83d"),
}  # fmt: skip


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
def test_a_thing_comes_as_it_is(thing: Any) -> None:
    assert load_things(dump_things([thing, thing])) == [thing, thing]
    assert load_things(dump_things([])) == []


class Strange(tzinfo):
    """A zone of a plugin's own, which is at a loss."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise RuntimeError("Kanarek")

    def dst(self, _: datetime | None) -> timedelta:
        raise RuntimeError("Kanarek")

    def tzname(self, _: datetime | None) -> str:
        raise RuntimeError("Kanarek")


def but(thing: Any, **fields: Any) -> Any:
    """The same with these fields, of whatever type."""
    return dataclasses.replace(thing, **fields)


WRONG: dict[str, Any] = {
    "a number": but(a_patient(), birth_date=1943),
    "no zone": but(a_visit(), start=datetime(2026, 3, 1)),  # noqa: DTZ001
    "an unknown word": but(a_visit(), status="phoned"),
    "a text for a list": but(a_patient(), languages="pl"),
    "no ref": but(a_patient(), ref=None),
    "an object": but(a_patient(), version=object()),
    "a part of another type": but(a_patient(), identifiers=("x",)),
}


@pytest.mark.parametrize("thing", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_wrong_in_the_same_field(thing: Any) -> None:
    (came,) = load_things(dump_things([thing]))
    assert type(came) is type(thing)
    assert {each.field for each in faults_of(came)} == {each.field for each in faults_of(thing)} != set()


def test_what_cannot_be_asked_for_its_zone_comes_as_something_wrong() -> None:
    (came,) = load_things(dump_things([but(a_visit(), start=datetime(2026, 3, 1, tzinfo=Strange()))]))
    assert [each.field for each in faults_of(came)] == ["start"]


def test_what_is_no_record_stands_in_its_place() -> None:
    first, second, third = load_things(dump_things(["Kanarek", a_patient(), {"Kanarek": 1}]))
    assert (type(first), second, type(third)) == (Unlike, a_patient(), Unlike)


def test_every_method_that_is_called_has_its_shape() -> None:
    """A new one of a port needs its lines."""
    local = {"left_out", "keep_pace"}
    assert TAKES.keys() == (AWAITED.keys() | IN_PAGES.keys() | AT_ONCE.keys() | PARSING | SERVING) - local
    assert GIVES.keys() == TAKES.keys() - PARSING


def test_frames_come_in_any_pieces() -> None:
    whole = frame(Ping(), b"\n\0") + frame(Ping())
    frames = Frames()
    cut = [each for at in range(len(whole)) for each in frames.cut(whole[at : at + 1])]
    assert [order_of(each) for each in cut] == [(Ping(), b"\n\0"), (Ping(), b"")]
    assert [order_of(each) for each in Frames().cut(whole)] == [(Ping(), b"\n\0"), (Ping(), b"")]


def test_none_is_made_that_would_be_refused() -> None:
    with pytest.raises(BrokenWire):
        frame(Ping(), bytes(LARGEST))
