"""A guardian who said STOP is left alone: at whatever address of hers, and about whomever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextvisit.desk import patients as desk
from nextvisit.flow.engine.events import PatientGone
from nextvisit.intake.opt_out import INVITING, Refusal, opt_out, refuse
from nextvisit.sdk.addresses import EMAIL, PHONE, AddressSpace
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.records import ContactPoint, Identifier, MisRef, Patient, RelatedPerson
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.people import consents, patients, related
from nextvisit.store.people.identity import ContactDigest
from tests.world.clinic import Clinic
from tests.world.clock import NOW, SetClock, later
from tests.world.records import a_consent, a_patient
from tests.world.site import REACH

pytestmark = pytest.mark.anyio
MOBILE, OTHER, MAILBOX = "+48601999001", "+48601999002", "anna@example.org"
FATHERS = "+48601999003"


def a_child(number: int) -> Patient:
    return a_patient(number, birth_date="2020-01-01", contact_points=())


def a_guardian(number: int, child: int, *addresses: str) -> RelatedPerson:
    """Record `number`, of whoever answers for child number `child`."""
    points = tuple(ContactPoint("email" if "@" in each else "phone", each) for each in addresses)
    ref, of = MisRef(f"RelatedPerson/{number}"), MisRef(f"Patient/{child}")
    return RelatedPerson(ref, "1", NOW, of, guardian=True, contact_points=points)


def _at(tx: Tx, written: str) -> ContactDigest:
    space = EMAIL.space if "@" in written else PHONE.space
    return patients.address(tx, space, written)


async def _left_alone(clinic: Clinic, *addresses: str, as_guardian: bool = True) -> Sequence[bool]:
    async with clinic.db.transaction() as tx:
        return [
            bool(await consents.of_readers(tx, _at(tx, each), as_guardian=as_guardian)) for each in addresses
        ]


async def _says_stop(clinic: Clinic, address: str) -> None:
    async with clinic.db.transaction() as tx:
        await opt_out(tx, None, addresses=(_at(tx, address),), origin="reply", origin_ref=address)


async def test_a_guardians_stop_holds_at_every_address_of_hers_and_for_every_child(clinic: Clinic) -> None:
    await clinic.sync(a_child(1), a_child(2), a_child(3))
    await clinic.sync(
        a_guardian(1, 1, MOBILE, MAILBOX), a_guardian(2, 2, MAILBOX, OTHER), a_guardian(3, 3, FATHERS)
    )
    await _says_stop(clinic, MOBILE)
    assert await _left_alone(clinic, MOBILE, MAILBOX, OTHER, FATHERS) == [True, True, True, False]


async def test_a_guardian_who_is_a_patient_too_is_one_person(clinic: Clinic) -> None:
    number = (Identifier("urn:pesel", "80022912345"),)
    here, there = (ContactPoint("phone", MOBILE),), (ContactPoint("email", MAILBOX),)
    await clinic.sync(
        a_patient(1, contact_points=here, identifiers=number),
        a_patient(2, contact_points=there, identifiers=number),
        a_child(3),
    )
    await clinic.sync(a_guardian(1, 3, MAILBOX))
    await _says_stop(clinic, MOBILE)
    assert await _left_alone(clinic, MAILBOX) == [True]
    # Who is written to about himself there has consents of his own.
    assert await _left_alone(clinic, MAILBOX, as_guardian=False) == [False]


async def test_a_guardian_is_left_alone_by_the_channel_that_she_named(clinic: Clinic) -> None:
    await clinic.sync(a_child(1))
    await clinic.sync(a_guardian(1, 1, MOBILE, MAILBOX))
    async with clinic.db.transaction() as tx:
        no_texts = Refusal(INVITING, "staff", "1", spaces=(PHONE.space,), addresses=(_at(tx, MOBILE),))
        await refuse(tx, None, no_texts)
        for address in (MOBILE, MAILBOX):
            (said,) = await consents.of_readers(tx, _at(tx, address), as_guardian=True)
            assert said.spaces == (AddressSpace("phone"),)


async def test_a_stop_from_a_guardians_former_number_is_hers(clinic: Clinic) -> None:
    await clinic.sync(a_child(1))
    points = (ContactPoint("phone", MOBILE, use="old"), ContactPoint("phone", OTHER))
    await clinic.sync(replace(a_guardian(1, 1), contact_points=points))
    await _says_stop(clinic, MOBILE)
    assert await _left_alone(clinic, OTHER, MOBILE) == [True, False]


async def test_the_number_of_a_school_makes_no_two_guardians_one(clinic: Clinic) -> None:
    school = "+48225551000"
    await clinic.sync(*(a_child(each) for each in range(1, 12)))
    await clinic.sync(*(a_guardian(each, each, f"+4860199900{each}", school) for each in (1, 2)))
    await clinic.sync(*(a_guardian(each, each, school) for each in range(3, 12)))
    first, second = "+48601999001", "+48601999002"
    await _says_stop(clinic, first)
    assert await _left_alone(clinic, first, school, second) == [True, True, False]


async def test_a_guardians_stop_outlives_the_number_that_it_came_from(
    clinic: Clinic, clock: SetClock
) -> None:
    await clinic.sync(a_child(1), a_child(2))
    await clinic.sync(a_guardian(1, 1, MOBILE, MAILBOX))
    await _says_stop(clinic, MOBILE)
    clock.move(timedelta(days=1))
    await clinic.sync(replace(a_guardian(1, 1, MAILBOX), version="2", updated_at=later(1)))
    await clinic.sync(a_guardian(2, 2, MAILBOX, OTHER))
    assert await _left_alone(clinic, MAILBOX, OTHER, MOBILE) == [True, True, False]


async def test_what_another_says_at_a_number_that_was_corrected_is_not_the_guardians(
    clinic: Clinic, clock: SetClock
) -> None:
    await clinic.sync(a_child(1))
    await clinic.sync(a_guardian(1, 1, MOBILE))
    clock.move(timedelta(days=1))
    await clinic.sync(replace(a_guardian(1, 1, OTHER), version="2", updated_at=later(1)))
    clock.move(timedelta(days=1))
    await _says_stop(clinic, MOBILE)
    assert await _left_alone(clinic, OTHER) == [False]


@dataclass(frozen=True, slots=True)
class Answers:
    """The MIS tells of a record of a guardian: where she is reached."""

    record: int
    at: frozenset[str]


@dataclass(frozen=True, slots=True)
class SaysStop:
    """Somebody says STOP at this address."""

    at: str


ADDRESSES = (MOBILE, OTHER, MAILBOX, FATHERS)
places = st.sampled_from(ADDRESSES)
moves = st.one_of(
    st.builds(Answers, st.sampled_from((1, 2, 3)), st.frozensets(places, min_size=1, max_size=2)),
    st.builds(SaysStop, places),
)


def _hers(there: Mapping[int, frozenset[str]], address: str) -> set[str]:
    """All addresses of the guardian who is reached at this one."""
    found = {address}
    while more := {each for at in there.values() if at & found for each in at} - found:
        found |= more
    return found


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=st.lists(moves, min_size=3, max_size=8))
async def test_no_order_of_records_and_refusals_reaches_a_guardian_who_said_stop(
    database: Database, clock: SetClock, told: Sequence[Answers | SaysStop]
) -> None:
    source, there, silent = uuid4().hex, dict[int, frozenset[str]](), set[str]()

    def own(address: str) -> str:
        return f"{source}.{ADDRESSES.index(address)}@example.org"

    for version, move in enumerate(told):
        clock.move(timedelta(minutes=1))
        async with database.transaction() as tx:
            if isinstance(move, SaysStop):
                said_at = _at(tx, own(move.at))
                await opt_out(tx, None, addresses=(said_at,), origin="reply", origin_ref=f"{source}{version}")
                silent |= {move.at}
            else:
                there[move.record] = move.at
                record = a_guardian(move.record, move.record, *map(own, sorted(move.at)))
                record = replace(record, version=str(version), updated_at=tx.now)
                await related.upsert_many(tx, source, [record], reach=REACH)
            # Whoever is reached at one of these is silent at all.
            silent |= {each for at in silent for each in _hers(there, at)}
            for address in {each for at in there.values() for each in at} & silent:
                assert await consents.of_readers(tx, _at(tx, own(address)), as_guardian=True)


async def test_a_guardians_stop_ends_what_she_was_written_to_about(clinic: Clinic, clock: SetClock) -> None:
    await clinic.sync(a_child(1), a_child(2))
    await clinic.sync(a_guardian(1, 1, MOBILE), a_guardian(2, 2, MOBILE))
    journeys = [await clinic.a_journey(MisRef(f"Patient/{child}")) for child in (1, 2)]
    for number, journey in enumerate(journeys):
        await clinic.a_message(journey, provider_ref=f"{number}", to=MOBILE)
        clock.move(timedelta(seconds=1))
    await clinic.tell(InboundMessage(MOBILE, "STOP"))
    await clinic.drain()
    for journey in journeys:
        assert [type(each) for each in await clinic.heard(journey)] == [PatientGone]


async def test_what_the_mis_says_of_a_guardians_own_care_is_not_about_the_child(clinic: Clinic) -> None:
    mother = a_patient(1, contact_points=(ContactPoint("phone", MOBILE),))
    await clinic.sync(mother, a_child(2))
    await clinic.sync(a_guardian(1, 2, MOBILE), replace(a_consent(1, 1), decision="deny"))
    assert await _left_alone(clinic, MOBILE) == [False]


async def test_what_a_guardian_refused_elsewhere_is_seen_with_each_child(clinic: Clinic) -> None:
    await clinic.sync(a_child(1), a_child(2))
    await clinic.sync(a_guardian(1, 1, MOBILE, MAILBOX), a_guardian(2, 2, MAILBOX))
    await _says_stop(clinic, MOBILE)
    known = await desk.by_id(clinic.db, await clinic.patient(MisRef("Patient/2")), "anna")
    assert [each.at_addresses for each in known.consents] == [True]
