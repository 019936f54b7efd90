"""Which times are offered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from nextvisit.domain.slots import choose
from nextvisit.sdk.records import MisRef, Slot
from tests.world.records import a_slot

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 23, 10, tzinfo=WARSAW)


def at(day: int, hour: int, name: str = "") -> Slot:
    return a_slot(
        start=datetime(2026, 11, day, hour, tzinfo=WARSAW), ref=MisRef(name or f"Slot/{day}-{hour}")
    )


def chosen(
    slots: list[Slot],
    count: int = 3,
    wanted: datetime | None = None,
    avoid: Collection[str] = (),
    taken: Collection[str] = (),
) -> list[str]:
    found = choose(
        slots,
        wanted=wanted,
        count=count,
        avoid=[MisRef(ref) for ref in avoid],
        taken=[MisRef(ref) for ref in taken],
        now=NOW,
        zone=WARSAW,
    )
    return [slot.ref for slot in found]


WEEK = [at(day, hour) for day in (24, 25, 26, 27) for hour in (9, 10, 15, 18)]


def test_early_times_are_spread_over_days_and_parts_of_the_day() -> None:
    assert chosen(WEEK) == ["Slot/24-9", "Slot/25-15", "Slot/26-18"]


def test_the_times_nearest_to_a_wish_are_offered() -> None:
    wish = datetime(2026, 11, 26, 15, tzinfo=WARSAW)
    assert chosen(WEEK, 2, wish) == ["Slot/26-15", "Slot/26-18"]


def test_what_others_are_being_offered_is_the_last_resort_and_what_is_held_is_none() -> None:
    slots = [at(24, 9), at(25, 9), at(26, 9)]
    assert chosen(slots, 2, avoid=["Slot/24-9"]) == ["Slot/25-9", "Slot/26-9"]
    assert chosen(slots, 3, avoid=["Slot/24-9"], taken=["Slot/25-9"]) == ["Slot/24-9", "Slot/26-9"]


def test_the_past_and_the_same_time_twice_are_not_offered() -> None:
    slots = [at(23, 9), at(23, 10), at(24, 9, "B"), at(24, 9, "A")]
    assert chosen(slots) == ["A"]


@given(
    st.lists(
        st.builds(at, st.integers(20, 30), st.integers(8, 18)),
        max_size=12,
        unique_by=lambda slot: slot.ref,
    ),
    st.integers(0, 5),
    st.data(),
)
def test_an_offer_is_free_ahead_ordered_and_the_same_every_time(
    slots: list[Slot], count: int, data: st.DataObject
) -> None:
    taken = {slot.ref for slot in slots[::3]}
    avoid = {slot.ref for slot in slots[::2]}
    offer = choose(slots, wanted=None, count=count, avoid=avoid, taken=taken, now=NOW, zone=WARSAW)
    shuffled = data.draw(st.permutations(slots))
    assert offer == choose(shuffled, wanted=None, count=count, avoid=avoid, taken=taken, now=NOW, zone=WARSAW)
    assert all(slot.ref not in taken and slot.start > NOW for slot in offer)
    assert sorted({slot.start for slot in offer}) == [slot.start for slot in offer]
    usable = {slot.start for slot in slots if slot.ref not in taken and slot.start > NOW}
    assert len(offer) == min(count, len(usable))


def test_noon_begins_the_afternoon_and_five_the_evening() -> None:
    assert chosen([at(24, 9), at(25, 11), at(25, 12)], 2) == ["Slot/24-9", "Slot/25-12"]
    assert chosen([at(24, 12), at(25, 16), at(25, 17)], 2) == ["Slot/24-12", "Slot/25-17"]


def test_variety_is_worth_a_day_and_not_a_week() -> None:
    assert chosen([at(24, 9), at(25, 9), at(30, 15)], 2) == ["Slot/24-9", "Slot/25-9"]
