"""A refusal is a person's and an address's: no order of what a MIS tells lets a message pass one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextvisit.domain.consent import ConsentRules, Standing, Way, standing
from nextvisit.domain.contact_policy import Suppression
from nextvisit.flow.engine.events import PatientGone
from nextvisit.intake.mis_page import NUMBER_OF_MANY
from nextvisit.intake.opt_out import opt_out
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, ContactPoint, Identifier, MisRef, Purpose
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.people import consents, kinship, patients, suppressions
from nextvisit.store.people.patients import PatientId
from nextvisit.store.people.suppressions import Ban
from nextvisit.store.reading import mis
from tests.world.clinic import Clinic
from tests.world.clock import SetClock, later
from tests.world.records import a_consent, a_patient
from tests.world.site import REACH, SOURCE

pytestmark = pytest.mark.anyio
RULES = ConsentRules(frozenset({Purpose.RECALL}), timedelta(days=1000))
PHONE = AddressSpace("phone")
WAYS = (Way(ChannelKind("sms"), PHONE), Way(ChannelKind("email"), AddressSpace("email")))
RECORDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Register:
    """The MIS tells of a record: where it is and was reached, what took its place, whose number it bears."""

    record: int
    phone: int
    replaced_by: int | None
    number: int | None = None
    was: int | None = None


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
    st.builds(
        Register,
        records,
        phones,
        st.none() | records,
        st.none() | st.sampled_from((1, 2)),
        st.none() | phones,
    ),
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
    was: dict[int, int | None] = field(default_factory=dict)
    replaced_by: dict[int, int | None] = field(default_factory=dict)
    number: dict[int, int | None] = field(default_factory=dict)
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
            borne = {self.number.get(each) for each in found} - {None}
            more |= {each for each, number in self.number.items() if number in borne}
            if more <= found:
                return found
            found |= more

    def phones(self, record: int) -> set[int | None]:
        """Where it is reached, and was."""
        return {self.phone.get(record), self.was.get(record)} - {None}

    def play(self, move: Move, now: datetime) -> None:
        match move:
            case Register(record, phone, replaced_by, number, was):
                self.phone[record] = phone
                self.was[record] = was
                self.number[record] = number
                self.replaced_by[record] = None if replaced_by == record else replaced_by
            case Stop(phone, speaker):
                there = {record for record in self.phone if phone in self.phones(record)}
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
            there = {phone for each in family for phone in self.phones(each)}
            return record in said.holds_for or said.phone in there

        last = max((said.at for said in self.refusals if holds(said)), default=None)
        return last is not None and not any(at > last for at in self.permits.get(record, ()))


def _phone(source: str, phone: int) -> str:
    """A mobile that no other example uses."""
    return f"+4860{int.from_bytes(source.encode()) % 1_000_000:06}{phone}"


async def _play(tx: Tx, source: str, move: Move, version: int) -> None:
    match move:
        case Register(record, phone, replaced_by, number, was):
            into = None if replaced_by in (None, record) else MisRef(f"Patient/{replaced_by}")
            told = a_patient(
                record,
                contact_points=(
                    ContactPoint("phone", _phone(source, phone)),
                    *(() if was is None else (ContactPoint("phone", _phone(source, was), use="old"),)),
                ),
                replaced_by=into,
                identifiers=() if number is None else (Identifier("urn:pesel", f"{source} {number}"),),
                version=str(version),
                updated_at=tx.now,
            )
            await patients.upsert_many(tx, source, [told], reach=REACH)
        case Stop(phone, speaker):
            who = None if speaker is None else await patients.by_ref(tx, source, MisRef(f"Patient/{speaker}"))
            where = patients.address(tx, PHONE, _phone(source, phone))
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


PESEL = Identifier("urn:oid:2.16.840.1.113883.3.4424.1.1.616", "80022912345")


async def _register(tx: Tx, record: int, *, source: str = "his", **fields: Any) -> PatientId:
    """Reached at a phone of its own, and nowhere else."""
    points = (ContactPoint("phone", _phone("his", record)),)
    told = a_patient(record, **({"contact_points": points, "updated_at": tx.now} | fields))
    (found,) = await patients.upsert_many(tx, source, [told], reach=REACH)
    return found.id


async def _granted(tx: Tx, patient: PatientId) -> Sequence[bool]:
    said = await consents.events(tx, patient)
    return [standing(said, Purpose.RECALL, way, tx.now, RULES) is Standing.GRANTED for way in WAYS]


async def _stop_of(tx: Tx, record: int, patient: PatientId | None) -> None:
    where = patients.address(tx, PHONE, _phone("his", record))
    await opt_out(tx, patient, addresses=(where,), origin="reply", origin_ref=f"stop {record}")


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ({}, {}),
        ({}, {"birth_date": "1980-02-28"}),
        ({}, {"birth_date": None}),
        ({}, {"identifiers": (Identifier("URN:OID:2.16.840.1.113883.3.4424.1.1.616", "800229-12345"),)}),
        ({}, {"identifiers": (replace(PESEL, system="2.16.840.1.113883.3.4424.1.1.616 "),)}),
        ({}, {"source": "other"}),
        ({"identifiers": (Identifier("", "800229"),)}, {"identifiers": (Identifier("", "800229"),)}),
    ],
    ids=["same", "other date", "no date", "hyphen", "system", "other MIS", "without a system"],
)
@pytest.mark.parametrize("before", [True, False], ids=["known before", "registered afterwards"])
async def test_who_is_registered_twice_under_one_identifier_has_said_stop_once(
    database: Database, clock: SetClock, first: dict[str, Any], again: dict[str, Any], *, before: bool
) -> None:
    both = {"identifiers": (PESEL,)}

    async def register_again(tx: Tx) -> PatientId:
        found = await _register(tx, 2, **(both | again))
        permit = a_consent(2, 2, given_at=later(-5))
        await consents.record_many(tx, again.get("source", "his"), [permit])
        return found

    async with database.transaction() as tx:
        one = await _register(tx, 1, **(both | first))
        other = await register_again(tx) if before else one
        await _stop_of(tx, 1, one)
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        if not before:
            other = await register_again(tx)
        assert await _granted(tx, other) == [False, False]


async def test_a_refusal_outlives_the_identifier_by_which_it_was_known_whose_it_is(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        one = await _register(tx, 1, identifiers=(PESEL,))
        other = await _register(tx, 2, identifiers=(PESEL,))
        await consents.record_many(tx, "his", [a_consent(2, 2)])
        await _stop_of(tx, 1, one)
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await _register(tx, 1, identifiers=(), version="2")
        assert await _granted(tx, other) == [False, False]


async def test_what_is_said_after_an_identifier_was_corrected_is_no_longer_the_others(
    database: Database, clock: SetClock
) -> None:
    async with database.transaction() as tx:
        one = await _register(tx, 1, identifiers=(PESEL,))
        other = await _register(tx, 2, identifiers=(PESEL,))
        await consents.record_many(tx, "his", [a_consent(2, 2)])
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await _register(tx, 1, identifiers=(), version="2")
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await _stop_of(tx, 1, one)
        assert await _granted(tx, other) == [True, True]


@pytest.mark.parametrize("typed", ["00000000000", "000-000-000", "brak", "99999999999", "-"])
async def test_what_is_typed_for_want_of_an_identifier_makes_nobody_one_person(
    database: Database, typed: str
) -> None:
    nothing = (replace(PESEL, value=typed),)
    async with database.transaction() as tx:
        one = await _register(tx, 1, identifiers=nothing)
        other = await _register(tx, 2, identifiers=nothing)
        await consents.record_many(tx, "his", [a_consent(2, 2)])
        await _stop_of(tx, 1, one)
        assert await _granted(tx, other) == [True, True]


async def test_an_identifier_of_many_stops_nobody_but_who_has_the_date_of_birth_in_common(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        people = [
            await _register(
                tx, number, identifiers=(replace(PESEL, value="12345678901"),), birth_date=f"19{born}-02-27"
            )
            for number, born in enumerate((50, 51, 52, 53, 54, 50), start=1)
        ]
        await consents.record_many(tx, "his", [a_consent(number, number) for number in range(1, 7)])
        await _stop_of(tx, 1, people[0])
        stopped = [not any(await _granted(tx, each)) for each in people]
        assert stopped == [True, False, False, False, False, True]
        assert await kinship.with_numbers_of_many(tx, people) == 6


async def test_a_ban_that_staff_put_holds_for_every_record_of_the_person(database: Database) -> None:
    async with database.transaction() as tx:
        one = await _register(tx, 1, identifiers=(PESEL,))
        await suppressions.put(tx, one, Ban("legal", "complaint"))
        other = await _register(tx, 2, identifiers=(PESEL,))
        assert await suppressions.in_force(tx, other) == (Suppression("legal"),)


async def test_a_stop_ends_what_is_open_with_every_record_of_the_person(clinic: Clinic) -> None:
    for number in (1, 2):
        await clinic.sync(a_patient(number, identifiers=(PESEL,)))
    journeys = [await clinic.a_journey(MisRef(f"Patient/{number}")) for number in (1, 2)]
    async with clinic.db.transaction() as tx:
        where = patients.address(tx, PHONE, "+48601100001")
        one = await patients.by_ref(tx, SOURCE, MisRef("Patient/1"))
        await opt_out(tx, one, addresses=(where,), origin="reply", origin_ref="stop")
    for journey in journeys:
        (gone,) = await clinic.heard(journey)
        assert isinstance(gone, PatientGone)
        assert gone.reason == "opted_out"


async def test_a_refusal_in_the_mis_ends_what_is_open_with_every_record_of_the_person(clinic: Clinic) -> None:
    for number in (1, 2):
        await clinic.sync(a_patient(number, identifiers=(PESEL,)))
    journey = await clinic.a_journey(MisRef("Patient/2"))
    await clinic.sync(a_consent(1, 1, decision="deny"))
    assert [type(each) for each in await clinic.heard(journey)] == [PatientGone]


async def test_an_identifier_of_many_is_seen(clinic: Clinic) -> None:
    many = (replace(PESEL, value="12345678901"),)
    await clinic.sync(*(a_patient(each, identifiers=many, birth_date=None) for each in range(1, 7)))
    async with clinic.db.transaction() as tx:
        assert [each.code for each in await mis.oddities(tx)] == [NUMBER_OF_MANY]
