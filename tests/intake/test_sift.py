"""What an adapter's lie costs: itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextvisit.calls.guard import Whose, guarded
from nextvisit.calls.troubles import Troubles
from nextvisit.intake.mis_page import PageWork, receive_page
from nextvisit.intake.sift import sifted
from nextvisit.sdk.records import (
    AppointmentStatus,
    ContactPoint,
    HumanName,
    MisEvent,
    MisRef,
    Oddity,
    Patient,
    Purpose,
    RelatedPerson,
    Unreadable,
)
from nextvisit.sdk.soundness import Unsound
from nextvisit.store.people import holds, patients
from tests.intake.told import ToldMis, tell
from tests.world.clinic import Clinic
from tests.world.clock import NOW, later
from tests.world.records import a_consent, a_patient, a_visit
from tests.world.site import CONNECTIONS, SITE, SOURCE

pytestmark = pytest.mark.anyio

_LAST = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
_RELATED = RelatedPerson(MisRef("RelatedPerson/1"), "1", NOW, MisRef("Patient/1"), guardian=True)

LIES: list[MisEvent] = [
    a_patient(name=HumanName(family="Kanarek\0")),
    a_patient(name=HumanName(family="Kanarek \ud83d")),
    a_patient(languages=("pl\0",)),
    a_patient(contact_points=(ContactPoint("phone", "601\0"),)),
    a_patient(contact_points=(ContactPoint("phone", "601", rank=2**70),)),
    a_patient(version="\0"),
    a_patient(version="9" * 5000),
    a_patient(version=None),
    a_patient(updated_at=datetime(2026, 3, 1)),  # noqa: DTZ001  what an adapter may say
    a_patient(updated_at="2026-03-01"),
    a_patient(ref=""),
    a_patient(ref="Patient/" + "1" * 3000),
    a_patient(replaced_by=MisRef("")),
    a_patient(replaces=[MisRef("Patient/2")]),
    a_patient(sex="f"),
    a_visit(start=_LAST),
    a_visit(practitioner=MisRef("Practitioner/\udc00")),
    a_visit(appointment=MisRef("")),
    a_visit(status="booked!"),
    a_consent(purposes=("recall",)),
    a_consent(channels=None),
    replace(_RELATED, name=HumanName(text="\0")),
    Unreadable(MisRef("Patient/1\0"), "shape"),
    Unreadable(MisRef("Patient/1"), "Anna Kanarek, +48 601 100 001"),
    Unreadable(MisRef("Patient/1"), "shape", version="9" * 5000),
    Oddity(MisRef("Patient/1"), "born on \0"),
]
GOOD: list[MisEvent] = [
    a_patient(),
    a_visit(),
    a_consent(),
    _RELATED,
    Unreadable(None, "shape"),
    Unreadable(MisRef("Patient/1"), "shape.name-x", alone=b"\0\xff"),
    Oddity(None, "birth_date.malformed"),
    a_patient(updated_at=datetime(9999, 12, 31, tzinfo=UTC)),
]


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_a_lie_becomes_something_that_can_be_kept(lie: MisEvent) -> None:
    (left,) = sifted([lie])
    assert isinstance(left, Unreadable | Oddity)
    assert sifted([left]) == [left]
    assert (left.reason if isinstance(left, Unreadable) else left.code).startswith("record.")


def test_what_can_be_kept_stays_as_it_is() -> None:
    assert sifted(GOOD) == GOOD


_NAIVE = datetime(2026, 3, 1)  # noqa: DTZ001  what an adapter may say
STOPS: dict[str, tuple[MisEvent, dict[str, object]]] = {
    "dead": (a_patient(deceased=True, birth_date="1.3.1980", sex="f", updated_at=_NAIVE), {"deceased": True}),
    "inactive": (a_patient(active=False, languages="pl"), {"active": False, "languages": ()}),
    "a test": (a_patient(test=True, name="Kanarek"), {"test": True, "name": None}),
    "restricted": (a_patient(restricted=True, contact_points=None), {"restricted": True}),
    "replaced": (a_patient(replaced_by=MisRef("Patient/2"), deceased=None), {"replaced_by": "Patient/2"}),
    "refused": (
        a_consent(decision="deny", purposes=("recall",), channels=None, expires_at=_NAIVE),
        {"decision": "deny", "purposes": tuple(Purpose), "channels": (), "expires_at": None},
    ),
    "cancelled": (
        a_visit(status=AppointmentStatus.CANCELLED, start=_NAIVE, specialty=3),
        {"status": AppointmentStatus.CANCELLED, "start": None, "specialty": None},
    ),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_stops_us_is_read_from_what_is_otherwise_wrong(name: str) -> None:
    thing, left = STOPS[name]
    told: list[Unsound] = []
    (found,) = sifted([thing], told.append)
    assert type(found) is type(thing)
    assert {field: getattr(found, field) for field in left} == left
    assert told
    assert sifted([found]) == [found]


@pytest.mark.parametrize(
    "thing",
    [
        a_patient(deceased="no", birth_date="1.3.1980"),
        a_patient(deceased=True, ref=""),
        a_patient(deceased=True, version=None),
        replace(a_consent(decision="deny"), patient=MisRef("")),
        a_consent(decision="deny", active="yes"),
        a_consent(decision="no"),
        a_consent(decision="permit", channels=None),
        a_visit(status="cancelled"),
        a_visit(status=AppointmentStatus.BOOKED, start=_NAIVE),
    ],
)
def test_what_stops_nobody_or_nobody_can_tell_whom_is_not_guessed(thing: MisEvent) -> None:
    (found,) = sifted([thing])
    assert isinstance(found, Unreadable)


def test_what_is_only_odd_is_told_and_taken_as_it_is() -> None:
    """Without a version the dates say what is later, and patients are written to by the start of a visit."""
    told: list[Unsound] = []
    things: list[MisEvent] = [a_patient(version=""), a_visit(end=later(6))]
    assert sifted(things, told.append) == things
    assert [each.code for each in told] == ["version.empty", "end.early"]


async def test_a_refusal_that_is_otherwise_wrong_ends_the_journey(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, a_patient(), a_consent())
    journey = await clinic.a_journey(MisRef("Patient/1"))
    wrong = a_consent(decision="deny", version="2", updated_at=NOW, given_at=_NAIVE, channels=None)
    await tell(clinic, wrong)
    assert [type(each).__name__ for each in await clinic.heard(journey)] == ["PatientGone"]


async def test_whose_parser_gave_it_is_counted_with_file_and_line(told_clinic: Clinic) -> None:
    clinic, troubles = told_clinic, Troubles()
    adapter = guarded(clinic.mis, Whose(SOURCE, "acme"), troubles, timedelta(minutes=10))
    clinic.intake.adapters = {SOURCE: adapter}
    await tell(clinic, a_patient(), a_patient(2, birth_date="1.3.1980"), a_patient(3, birth_date="2.3.1980"))
    (found,) = troubles.take()
    assert (found.trouble.connection, found.trouble.plugin) == (SOURCE, "acme")
    assert (found.trouble.method, found.trouble.what) == ("parse", "birth_date.malformed")
    assert found.trouble.place.startswith("ToldMis.parse, tests/intake/told.py:")
    assert found.times == 2
    await clinic.patient(MisRef("Patient/1"))
    assert [each[2] for each in await clinic.states() if each[1] == "parked"] == [
        "record.birth_date.malformed"
    ] * 2


async def test_a_lie_about_a_patient_holds_the_patient(told_clinic: Clinic) -> None:
    await tell(told_clinic, a_patient())
    await tell(told_clinic, a_patient(version="2", updated_at=later(-1), languages=("\0",)))
    patient = await told_clinic.patient(MisRef("Patient/1"))
    async with told_clinic.db.transaction() as tx:
        assert await holds.of_patient(tx, patient) == ()  # an older version, as far as it can be told
    await tell(told_clinic, a_patient(version="2", updated_at=NOW, languages=("\0",)))
    async with told_clinic.db.transaction() as tx:
        assert [each.reason for each in await holds.of_patient(tx, patient)] == ["record.languages.text"]


async def test_a_record_from_the_year_9999_does_not_freeze(told_clinic: Clinic) -> None:
    """What stops us in it counts, what else it says is taken, and the next true version wins."""
    clinic, far = told_clinic, datetime(9999, 12, 31, tzinfo=UTC)
    await tell(clinic, a_patient(updated_at=later(-3)))
    await tell(clinic, a_patient(version="2", updated_at=far, languages=("uk",), test=True))
    patient = await clinic.patient(MisRef("Patient/1"))

    async def known() -> tuple[Any, ...]:
        async with clinic.db.transaction() as tx:
            facts = await patients.facts(tx, patient)
        return facts.language, facts.test

    assert await known() == ("uk", True)
    await tell(clinic, a_patient(version="3", updated_at=later(-1), languages=("de",)))
    assert await known() == ("de", False)
    await tell(clinic, a_patient(version="2", updated_at=far, languages=("uk",), test=True))
    assert await known() == ("de", False)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    mixed=st.lists(st.sampled_from(LIES), min_size=1, max_size=8).flatmap(
        lambda lies: st.permutations([*lies, *(a_patient(number) for number in range(90, 95))])
    )
)
async def test_no_mix_of_odd_and_good_records_loses_a_good_one(
    told_clinic: Clinic, mixed: list[MisEvent]
) -> None:
    adapter = ToldMis()
    adapter.told[b"page"] = mixed
    work = PageWork(SOURCE, adapter, SITE, told_clinic.programs, CONNECTIONS)
    async with told_clinic.db.transaction() as tx:
        nested = await tx.connection.begin_nested()
        await receive_page(tx, work, "mis_page", b"page", row=1)
        good = [each.ref for each in mixed if isinstance(each, Patient) and each.ref.startswith("Patient/9")]
        assert None not in [await patients.by_ref(tx, SOURCE, ref) for ref in good]
        await nested.rollback()
        tx.entries.clear()
