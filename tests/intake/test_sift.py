"""What an adapter's lie costs: itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextvisit.intake.mis_page import PageWork, receive_page
from nextvisit.intake.sift import UNSTORABLE, sifted
from nextvisit.sdk.records import (
    ContactPoint,
    HumanName,
    MisEvent,
    MisRef,
    Oddity,
    Patient,
    RelatedPerson,
    Unreadable,
)
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
    assert (left.reason if isinstance(left, Unreadable) else left.code) == UNSTORABLE


def test_what_can_be_kept_stays_as_it_is() -> None:
    assert sifted(GOOD) == GOOD


async def test_a_lie_about_a_patient_holds_the_patient(told_clinic: Clinic) -> None:
    await tell(told_clinic, a_patient())
    await tell(told_clinic, a_patient(version="2", updated_at=later(-1), languages=("\0",)))
    patient = await told_clinic.patient(MisRef("Patient/1"))
    async with told_clinic.db.transaction() as tx:
        assert await holds.of_patient(tx, patient) == ()  # an older version, as far as it can be told
    await tell(told_clinic, a_patient(version="2", updated_at=NOW, languages=("\0",)))
    async with told_clinic.db.transaction() as tx:
        assert [each.reason for each in await holds.of_patient(tx, patient)] == [UNSTORABLE]


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
