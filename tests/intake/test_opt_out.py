"""A refusal is a person's and an address's: no order of what a MIS tells lets a message pass one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextvisit.domain.consent import ConsentRules, Standing, Way, standing
from nextvisit.intake.opt_out import opt_out
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, ContactPoint, MisRef, Purpose
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.people import consents, patients
from tests.world.clock import SetClock
from tests.world.records import a_consent, a_patient
from tests.world.site import REACH

pytestmark = pytest.mark.anyio
RULES = ConsentRules(frozenset({Purpose.RECALL}), timedelta(days=1000))
PHONE = AddressSpace("phone")
WAYS = (Way(ChannelKind("sms"), PHONE), Way(ChannelKind("email"), AddressSpace("email")))
RECORDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Register:
    """The MIS tells of a record: where it is reached, and which record took its place."""

    record: int
    phone: int
    replaced_by: int | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody says STOP from a phone; speaker: whom we take it to be."""

    phone: int
    speaker: int | None


@dataclass(frozen=True, slots=True)
class Decide:
    """The MIS tells of a decision. age: days since it was made; None: it does not say."""

    record: int
    decision: Literal["permit", "deny"]
    age: int | None


Move = Register | Stop | Decide
records, phones = st.sampled_from(RECORDS), st.sampled_from((1, 2))
moves = st.one_of(
    st.builds(Register, records, phones, st.none() | records),
    st.builds(Stop, phones, st.none() | records),
    st.builds(Decide, records, st.sampled_from(["permit", "deny"]), st.none() | st.sampled_from([0, 5])),
)


@dataclass(slots=True)
class Said:
    """One refusal, and the records that it surely holds for."""

    at: datetime
    phone: int | None
    holds_for: set[int]


@dataclass(slots=True)
class Model:
    """What was told, and whom the refusals must hold for."""

    phone: dict[int, int] = field(default_factory=dict)
    replaced_by: dict[int, int | None] = field(default_factory=dict)
    refusals: list[Said] = field(default_factory=list)
    permits: dict[int, list[datetime]] = field(default_factory=dict)

    def family(self, record: int) -> set[int]:
        """The records that are one with it now."""
        found = {record}
        while True:
            more = {
                other
                for one, into in self.replaced_by.items()
                if into is not None
                for here, other in ((one, into), (into, one))
                if here in found
            }
            if more <= found:
                return found
            found |= more

    def play(self, move: Move, now: datetime) -> None:
        match move:
            case Register(record, phone, replaced_by):
                self.phone[record] = phone
                self.replaced_by[record] = None if replaced_by == record else replaced_by
            case Stop(phone, speaker):
                there = {record for record, at in self.phone.items() if at == phone}
                known = {speaker} if speaker in self.phone else set()
                self.refusals.append(Said(now, phone, there | known))
            case Decide(record, "deny", age):
                self.refusals.append(Said(now - timedelta(days=age or 0), None, {record}))
            case Decide(record, "permit", age) if age is not None:
                self.permits.setdefault(record, []).append(now - timedelta(days=age))
            case _:
                pass
        for said in self.refusals:
            said.holds_for |= {other for record in said.holds_for for other in self.family(record)}

    def refused(self, record: int) -> bool:
        def holds(said: Said) -> bool:
            family = self.family(record)
            there = {self.phone[each] for each in family if each in self.phone}
            return record in said.holds_for or said.phone in there

        last = max((said.at for said in self.refusals if holds(said)), default=None)
        return last is not None and not any(at > last for at in self.permits.get(record, ()))


def _number(source: str, phone: int) -> str:
    """A mobile that no other example uses."""
    return f"+4860{int.from_bytes(source.encode()) % 1_000_000:06}{phone}"


async def _play(tx: Tx, source: str, move: Move, version: int) -> None:
    match move:
        case Register(record, phone, replaced_by):
            into = None if replaced_by in (None, record) else MisRef(f"Patient/{replaced_by}")
            points = (ContactPoint("phone", _number(source, phone)),)
            told = a_patient(
                record, contact_points=points, replaced_by=into, version=str(version), updated_at=tx.now
            )
            await patients.upsert_many(tx, source, [told], reach=REACH)
        case Stop(phone, speaker):
            who = None if speaker is None else await patients.by_ref(tx, source, MisRef(f"Patient/{speaker}"))
            where = patients.address(tx, PHONE, _number(source, phone))
            await opt_out(tx, who, addresses=(where,), origin="reply", origin_ref=f"{source}:{version}")
        case Decide(record, decision, age):
            given_at = None if age is None else tx.now - timedelta(days=age)
            said = a_consent(version, record, decision=decision, given_at=given_at, updated_at=tx.now)
            await consents.record_many(tx, source, [said])


async def _allowed(tx: Tx, source: str, record: int) -> Sequence[bool]:
    patient = await patients.by_ref(tx, source, MisRef(f"Patient/{record}"))
    if patient is None:
        return ()
    said = await consents.events(tx, patient)
    return [standing(said, Purpose.RECALL, way, tx.now, RULES) is Standing.GRANTED for way in WAYS]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(moves, min_size=2, max_size=9))
async def test_no_order_of_records_merges_refusals_and_permits_passes_a_refusal(
    database: Database, clock: SetClock, told: Sequence[Move]
) -> None:
    source, model = uuid4().hex, Model()
    for version, move in enumerate(told):
        clock.move(timedelta(minutes=1))
        async with database.transaction() as tx:
            await _play(tx, source, move, version)
            model.play(move, tx.now)
            for record in RECORDS:
                if model.refused(record):
                    assert not any(await _allowed(tx, source, record))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(moves, min_size=2, max_size=9), age=st.sampled_from([0, 3]))
async def test_a_permit_of_ones_own_that_came_later_is_heard(
    database: Database, clock: SetClock, told: Sequence[Move], age: int
) -> None:
    source = uuid4().hex
    async with database.transaction() as tx:
        await _play(tx, source, Register(1, 1, None), 100)
        for version, move in enumerate(told):
            if not isinstance(move, Decide):
                await _play(tx, source, move, version)
    clock.move(timedelta(days=age, minutes=1))
    async with database.transaction() as tx:
        await _play(tx, source, Decide(1, "permit", age), 101)
        assert all(await _allowed(tx, source, 1))


async def test_who_is_at_the_address_of_a_stop_is_silent_whenever_they_were_registered(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        await _play(tx, "his", Stop(1, None), 0)
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await _play(tx, "his", Register(1, 1, None), 1)
        await _play(tx, "his", Register(2, 2, None), 1)
        for record in (1, 2):
            await _play(tx, "his", Decide(record, "permit", 5), 10 + record)
        assert await _allowed(tx, "his", 1) == [False, False]
        assert await _allowed(tx, "his", 2) == [True, True]


async def test_a_permit_without_a_date_undoes_no_refusal(database: Database, clock: SetClock) -> None:
    async with database.transaction() as tx:
        await _play(tx, "his", Register(1, 1, None), 0)
        await _play(tx, "his", Stop(1, 1), 1)
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await _play(tx, "his", Decide(1, "permit", None), 2)
        assert await _allowed(tx, "his", 1) == [False, False]


async def test_what_is_said_after_a_merge_was_taken_back_is_no_longer_the_others(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        await _play(tx, "his", Register(2, 2, None), 0)
        for record in (1, 2):
            await _play(tx, "his", Decide(record, "permit", 5), 10 + record)
    for version, into in enumerate((2, None), start=1):
        clock.move(timedelta(days=1))
        async with database.transaction() as tx:
            await _play(tx, "his", Register(1, 1, into), version)
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await _play(tx, "his", Decide(1, "deny", 0), 20)
        assert await _allowed(tx, "his", 1) == [False, False]
        assert await _allowed(tx, "his", 2) == [True, True]


async def test_the_permit_of_a_merged_record_is_not_the_survivors(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        await _play(tx, "his", Register(1, 1, None), 0)
        await _play(tx, "his", Stop(1, 1), 1)
        await _play(tx, "his", Register(2, 2, 1), 2)
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await _play(tx, "his", Decide(2, "permit", 0), 3)
        assert await _allowed(tx, "his", 1) == [False, False]
