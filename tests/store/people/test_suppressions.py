"""Bans: whom they hold for, who put and lifted them, and that their words are nobody else's."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from nextvisit.domain.contact_policy import Suppression
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind, MisRef, Purpose
from nextvisit.store.base.engine import Database
from nextvisit.store.people import patients, suppressions
from nextvisit.store.people.patients import PatientId
from nextvisit.store.people.suppressions import Ban
from tests.postgres import DatabaseUrls
from tests.world.clock import SetClock, later
from tests.world.records import CANARY, PHONE, a_patient
from tests.world.rows import audited
from tests.world.site import REACH, SOURCE

pytestmark = pytest.mark.anyio
SPACE = AddressSpace("phone")


async def _patient(database: Database, number: int = 1, **fields: object) -> PatientId:
    async with database.transaction() as tx:
        told = a_patient(number, version=tx.now.isoformat(), updated_at=tx.now, **fields)
        (found,) = await patients.upsert_many(tx, SOURCE, [told], reach=REACH)
    return found.id


async def test_a_ban_says_what_it_was_asked_to(database: Database) -> None:
    patient = await _patient(database)
    ban = Ban("staff", "staff.asked", (Purpose.RECALL,), (ChannelKind("sms"),), later(9))
    async with database.transaction(actor="anna") as tx:
        await suppressions.put(tx, patient, ban)
        assert await suppressions.in_force(tx, patient) == (
            Suppression("staff", (Purpose.RECALL,), (ChannelKind("sms"),), later(9)),
        )
        (kept,) = await suppressions.listing(tx)
    assert (kept.patient, kept.put_by, kept.code) == (patient, "anna", "staff.asked")


async def test_a_dead_address_is_one_for_whoever_has_it_and_no_other_address_is(database: Database) -> None:
    patient, other = await _patient(database), await _patient(database, 2)
    async with database.transaction() as tx:
        dead = patients.address(tx, SPACE, PHONE)
        assert await suppressions.put_address(tx, dead, code="rejected.smtp.550")
        assert not await suppressions.put_address(tx, dead, code="rejected.smtp.550")
        for each in (patient, other):
            (ban,) = await suppressions.in_force(tx, each, dead)
            assert (ban.kind, ban.narrow) == ("address", True)
            elsewhere = patients.address(tx, SPACE, "+48601100002")
            assert await suppressions.in_force(tx, each, elsewhere) == ()


async def test_a_lifted_ban_holds_no_more_and_a_dead_address_may_die_again(database: Database) -> None:
    await _patient(database)
    async with database.transaction(actor="anna") as tx:
        dead = patients.address(tx, SPACE, PHONE)
        await suppressions.put_address(tx, dead, code="rejected.smtp.550")
        (kept,) = await suppressions.listing(tx, of=[dead])
        assert await suppressions.lift(tx, kept.id, reason="the provider was wrong")
        assert not await suppressions.lift(tx, kept.id, reason="again")
        assert await suppressions.listing(tx, of=[dead]) == []
        (was,) = await suppressions.listing(tx, of=[dead], lifted=True)
        assert (was.lifted_at, was.lifted_by) == (tx.now, "anna")
        assert await suppressions.put_address(tx, dead, code="rejected.smtp.550")
    actions = [action for action, _, _ in await audited(database)]
    assert [actions.count(f"suppression.{what}") for what in ("put", "lifted")] == [2, 1]


async def test_a_ban_follows_the_person_through_a_merge_that_is_taken_back(
    database: Database, clock: SetClock
) -> None:
    one, survivor = await _patient(database, 1), await _patient(database, 2)
    async with database.transaction() as tx:
        await suppressions.put(tx, one, Ban("legal", "complaint"))
        assert await suppressions.in_force(tx, survivor) == ()
    for into in (MisRef("Patient/2"), None):
        clock.move(timedelta(minutes=1))
        await _patient(database, 1, replaced_by=into)
        async with database.transaction() as tx:
            assert await suppressions.in_force(tx, survivor) == (Suppression("legal"),)


async def test_why_is_sealed_and_reading_it_is_audited(database: Database) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        number = await suppressions.put(tx, patient, Ban("staff", "staff.asked", reason=CANARY))
        at = patients.address(tx, SPACE, PHONE)
        there = await suppressions.put(tx, at, Ban("legal", "staff.asked", reason=CANARY))
        for each in (number, there):
            await suppressions.lift(tx, each, reason=f"no more {CANARY}")
            assert await suppressions.words(tx, each) == (CANARY, f"no more {CANARY}")
    async with database.transaction() as tx:
        rows = (await tx.connection.execute(text("SELECT s::text FROM suppression s"))).scalars().all()
    assert len(rows) == 2
    assert not [row for row in rows if CANARY.encode().hex() in row or CANARY in row]
    assert ("suppression.read", str(number), "ok") in await audited(database)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE suppression SET until = now()",
        "UPDATE suppression SET sealed_reason = NULL",
        "DELETE FROM suppression",
        "DELETE FROM kinship",
        "DELETE FROM patient_identity",
    ],
)
async def test_the_runtime_role_cannot_rewrite_a_ban(database: Database, statement: str) -> None:
    with pytest.raises(Bug, match="42501"):
        async with database.transaction() as tx:
            await tx.connection.execute(text(statement))


COPIED = "SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* FROM suppression s"
LIFTED = "UPDATE suppression SET lifted_at = now(), lifted_by = "


@pytest.mark.parametrize(
    "statement",
    [
        f"{LIFTED}'somebody else'",
        f"{LIFTED}' '",
        "UPDATE suppression SET lifted_at = NULL, lifted_by = NULL",
        "UPDATE suppression SET lifted_at = lifted_at + interval '1 hour'",
        "UPDATE suppression SET kind = 'staff'",
        "UPDATE suppression SET sealed_reason = 'x'",
        "UPDATE suppression SET sealed_lift_reason = 'x'",
        "DELETE FROM suppression",
        "TRUNCATE suppression",
        f"INSERT INTO suppression {COPIED}",
    ],
)
async def test_a_ban_is_lifted_once_and_stays_also_for_a_superuser_who_disables_no_trigger(
    database: Database, database_urls: DatabaseUrls, statement: str
) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        number = await suppressions.put(tx, patient, Ban("legal", "staff.asked", reason=CANARY))
        await suppressions.lift(tx, number, reason=CANARY)
    with (
        psycopg.connect(database_urls.superuser) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


async def test_whoever_forgets_the_words_of_a_ban_is_named(database: Database) -> None:
    """The runtime role may call the function of the erasure by itself."""
    patient = await _patient(database)
    async with database.transaction() as tx:
        number = await suppressions.put(tx, patient, Ban("legal", "staff.asked", reason=CANARY))
    async with database.transaction() as tx:
        await tx.connection.execute(
            text("SELECT suppression_forget_words(ARRAY[CAST(:id AS uuid)], 'eve', now())"), {"id": number}
        )
        assert await suppressions.words(tx, number) == (None, None)
    assert ("suppression.words_forgotten", str(number), "ok") in await audited(database)
