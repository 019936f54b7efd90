"""What could not be read is kept alone, once a version, and waits no longer than it has to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nextvisit.desk import connections
from nextvisit.desk import inbox as desk
from nextvisit.desk.connections import MisReading
from nextvisit.sdk.records import ContactPoint, Cursor, MisRef, Oddity, RawBatch, Unreadable
from nextvisit.store.queues import inbox
from nextvisit.store.reading import mis
from tests.intake.told import tell, told
from tests.world.clinic import Clinic
from tests.world.clock import later
from tests.world.records import a_consent, a_patient, a_visit
from tests.world.site import SOURCE

pytestmark = pytest.mark.anyio
CONSENT = MisRef("Consent/1")


def _unread(version: int, number: int = 1, *, size: int = 20, cut: bool = True) -> Unreadable:
    ref = MisRef(f"Consent/{number}")
    alone = f"{ref} version {version}".encode().ljust(size) if cut else None
    return Unreadable(ref, "policy.unknown", str(version), later(version - 10), alone=alone)


async def _status(clinic: Clinic) -> Sequence[MisReading]:
    """After a pull, which is what makes a connection known."""
    async with clinic.db.transaction() as tx:
        await mis.advance(tx, SOURCE, RawBatch(b"", Cursor("c"), 0))
    return await connections.status(clinic.db, ())


async def _sealed(clinic: Clinic) -> int:
    (row,) = await clinic.rows("SELECT sum(octet_length(sealed_body)) FROM inbox WHERE kind = 'mis_resource'")
    return int(str(row[0]))


async def test_a_thousand_unreadable_things_cost_what_they_are(told_clinic: Clinic) -> None:
    """On a page of 0.8 MB: each with its copy of the page would be a gigabyte."""
    await tell(told_clinic, *(_unread(1, number, size=800) for number in range(1000)), size=800_000)
    assert await _sealed(told_clinic) < 2 * 1000 * 800


async def test_things_that_the_adapter_did_not_cut_out_share_the_page_they_came_on(
    told_clinic: Clinic,
) -> None:
    clinic = told_clinic
    body = await tell(clinic, *(_unread(1, number, cut=False) for number in range(100)), size=100_000)
    assert await _sealed(clinic) < 100_000
    told(clinic).told[body] = [a_consent(version="1", updated_at=later(-9))]
    async with clinic.db.transaction() as tx:
        await inbox.replay(tx)
    await clinic.drain()
    assert len(await clinic.rows("SELECT FROM consent_event")) == 1


async def test_a_version_is_kept_once_however_often_its_page_comes(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _unread(1))
    await tell(clinic, _unread(1), a_patient())
    assert [each for each in await clinic.states() if each[0] == "mis_resource"] == [
        ("mis_resource", "parked", "policy.unknown")
    ]


@pytest.mark.parametrize("readable", [False, True])
async def test_the_next_version_supersedes_it(told_clinic: Clinic, *, readable: bool) -> None:
    clinic = told_clinic
    await tell(clinic, _unread(1), _unread(1, number=2))
    await tell(clinic, a_consent(version="2", updated_at=later(-8)) if readable else _unread(2))
    async with clinic.db.transaction() as tx:
        parked = [each.body for each in await inbox.listing(tx, "parked", 10)]
    assert len(parked) == (1 if readable else 2)
    assert (await clinic.states())[1] == ("mis_resource", "done", "superseded")


async def test_an_older_version_supersedes_nothing(told_clinic: Clinic) -> None:
    clinic = told_clinic
    await tell(clinic, _unread(2))
    await tell(clinic, a_consent(version="1", updated_at=later(-9)))
    assert ("mis_resource", "parked", "policy.unknown") in await clinic.states()


async def test_the_operator_reads_what_it_is(told_clinic: Clinic) -> None:
    await tell(told_clinic, _unread(1), Unreadable(None, "kind.unknown"))
    listed = await desk.listing(told_clinic.db, "parked", 10)
    assert [(each.resource, each.reason) for each in listed.things] == [
        (CONSENT, "policy.unknown"),
        (None, "kind.unknown"),
    ]


async def test_oddities_are_counted_by_kind_and_connection(told_clinic: Clinic) -> None:
    clinic = told_clinic
    odd = Oddity(MisRef("Patient/1"), "birth_date.malformed")
    await tell(clinic, odd, odd, Oddity(None, "telecom.rank"), a_patient())
    await tell(clinic, odd)
    (status,) = await _status(clinic)
    assert [(each.source, each.code, each.recent, each.total) for each in status.oddities] == [
        ("his", "birth_date.malformed", 3, 3),
        ("his", "telecom.rank", 1, 1),
    ]


async def test_a_contact_point_that_is_no_address_is_counted_by_kind(told_clinic: Clinic) -> None:
    clinic = told_clinic
    points = [
        ContactPoint("phone", "ask the daughter"),
        ContactPoint("phone", "12", use="old"),
        ContactPoint("phone", "601 100 001"),
        ContactPoint("email", "none"),
        ContactPoint("url", "none"),
    ]
    await tell(clinic, a_patient(contact_points=tuple(points)))
    (status,) = await _status(clinic)
    assert [(each.code, each.total) for each in status.oddities] == [
        ("telecom.no_email", 1),
        ("telecom.no_phone", 1),
    ]


async def test_the_status_counts_the_patients_who_are_held(told_clinic: Clinic) -> None:
    clinic = told_clinic
    one, two = MisRef("Patient/1"), MisRef("Patient/2")
    await tell(clinic, a_patient(1), a_patient(2), a_visit())
    await tell(
        clinic,
        Unreadable(one, "shape", "9", later(-1), one),
        Unreadable(CONSENT, "shape", "9", later(-1), one),
        Unreadable(MisRef("Consent/2"), "shape", "9", later(-1), two),
    )
    (status,) = await _status(clinic)
    assert status.held is not None
    assert (status.source, status.held.patients) == ("his", 2)


async def test_a_version_that_reads_as_none_of_ours_ends_the_waiting(told_clinic: Clinic) -> None:
    clinic, one = told_clinic, MisRef("Patient/1")
    await tell(clinic, a_patient(), Unreadable(CONSENT, "shape", "1", later(-3), one, b"1"))
    await tell(clinic, Oddity(CONSENT, "consent.not_about_contact"))
    assert [each.held for each in await _status(clinic)] == [None]
    assert (await clinic.states())[1] == ("mis_resource", "done", "superseded")


async def test_a_better_adapter_that_passes_it_over_frees_the_patient(told_clinic: Clinic) -> None:
    clinic, one = told_clinic, MisRef("Patient/1")
    await tell(clinic, a_patient(), Unreadable(CONSENT, "shape", "1", later(-3), one, b"1"))
    told(clinic).told[b"1"] = []
    async with clinic.db.transaction() as tx:
        await inbox.replay(tx)
    await clinic.drain()
    assert [each.held for each in await _status(clinic)] == [None]
