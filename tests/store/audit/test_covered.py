"""Rows that entries vouch for: edited, removed or added by somebody who has the database itself, each is named."""

from __future__ import annotations

import pytest

from nextvisit.sdk.addresses import PHONE
from nextvisit.sdk.records import Consent, MisRef, Purpose
from nextvisit.store.audit import trail
from nextvisit.store.audit.covered import RowFault
from nextvisit.store.base.engine import Database
from nextvisit.store.people import consents, patients, suppressions
from nextvisit.store.people.suppressions import Ban
from nextvisit.store.people.upsert import upsert_many
from tests.postgres import DatabaseUrls
from tests.world.lived import live_through
from tests.world.records import a_patient
from tests.world.rows import rows_of
from tests.world.site import REACH
from tests.world.tampering import tamper

pytestmark = pytest.mark.anyio

SOMEBODY = "SELECT min(id::text)::uuid FROM patient WHERE source = 'his'"
FORGED = (
    "INSERT INTO consent_event SELECT (jsonb_populate_record(c, jsonb_build_object("
    "'id', gen_random_uuid(), 'origin_ref', 'x'))).* FROM consent_event c WHERE origin = 'reply'"
)
VERSION = "UPDATE campaign_version SET"


@pytest.fixture
async def lived(database: Database) -> Database:
    await live_through(database)
    async with database.transaction() as tx:
        said = Consent(
            ref=MisRef("Consent/1"),
            version="1",
            updated_at=None,
            patient=MisRef("Patient/1"),
            decision="deny",
            purposes=(Purpose.RECALL,),
        )
        await consents.record_many(tx, "clinic", [said])
        await upsert_many(tx, "clinic", [a_patient(), a_patient(2)], reach=REACH)
        number = await suppressions.put(
            tx, patients.address(tx, PHONE.space, "+48500100200"), Ban("legal", "court")
        )
        await suppressions.lift(tx, number, reason="over")
        await suppressions.put(tx, patients.address(tx, PHONE.space, "+48500100201"), Ban("legal", "court"))
    return database


async def _faults(database: Database) -> tuple[RowFault, ...]:
    result = await trail.verify_database(database)
    assert result.first_broken is None
    assert result.rows is not None
    assert result.whole == (not result.rows.faults)
    return result.rows.faults


async def test_what_nobody_touched_agrees_with_its_entries(lived: Database) -> None:
    """Whatever may lawfully come later too: a delivery report, the patient of an earlier record."""
    assert await _faults(lived) == ()
    result = await trail.verify_database(lived)
    assert result.rows is not None
    assert result.rows.rows >= 14


# (table, statement, part, fault): part where the table has several.
EDITS = [
    ("consent_event", "UPDATE consent_event SET decision = 'permit' WHERE origin = 'reply'", "", "changed"),
    ("consent_event", "UPDATE consent_event SET purposes = '{}' WHERE origin = 'reply'", "", "changed"),
    ("consent_event", "UPDATE consent_event SET taken_down_by = 'eve' WHERE origin = 'reply'", "", "changed"),
    ("consent_event", "UPDATE consent_event SET patient_id = NULL WHERE origin = 'reply'", "", "changed"),
    ("consent_event", "UPDATE consent_event SET patient_id = NULL WHERE origin <> 'reply'", "", "changed"),
    (
        "consent_event",
        f"UPDATE consent_event SET patient_id = ({SOMEBODY}) WHERE origin <> 'reply'",
        "",
        "changed",
    ),
    ("consent_event", "DELETE FROM consent_event WHERE origin = 'reply'", "", "removed"),
    ("consent_event", FORGED, "", "no entry"),
    ("journey_decision", "UPDATE journey_decision SET result = 'goal'", "", "changed"),
    ("journey_decision", "UPDATE journey_decision SET at = at + interval '1 microsecond'", "", "changed"),
    ("journey_decision", "DELETE FROM journey_decision", "", "removed"),
    (
        "message",
        "UPDATE message SET sent_at = sent_at + interval '1 hour' WHERE state = 'sent'",
        "",
        "changed",
    ),
    ("message", "UPDATE message SET sent_at = 'infinity' WHERE state = 'sent'", "", "changed"),
    ("message", "UPDATE message SET sent_at = '99999-01-01' WHERE state = 'sent'", "", "changed"),
    (
        "consent_event",
        "UPDATE consent_event SET expires_at = 'infinity' WHERE origin = 'reply'",
        "",
        "changed",
    ),
    ("message", "UPDATE message SET to_digest = sha256('x') WHERE state = 'sent'", "", "changed"),
    ("message", "UPDATE message SET sealed_content = 'x' WHERE state = 'sent'", "", "changed"),
    ("message", "UPDATE message SET patient_id = gen_random_uuid() WHERE state = 'sent'", "", "changed"),
    ("message", "UPDATE message SET state = 'skipped' WHERE state = 'sent'", "", "removed"),
    ("message", "UPDATE message SET state = 'sent' WHERE state = 'unknown'", "", "no entry"),
    ("auto_reply", "UPDATE auto_reply SET said_ref = 'x'", "", "changed"),
    ("auto_reply", "DELETE FROM auto_reply", "", "removed"),
    ("campaign_version", f"{VERSION} files = '{{}}' WHERE version = 'unapproved'", "applied", "changed"),
    (
        "campaign_version",
        f"{VERSION} approved_by = 'eve' WHERE version <> 'unapproved'",
        "approved",
        "changed",
    ),
    (
        "campaign_version",
        f"{VERSION} approved_by = 'eve' WHERE version = 'unapproved'",
        "approved",
        "no entry",
    ),
    ("campaign", "UPDATE campaign SET active_version = 'unapproved'", "active_version", "changed"),
    ("key_ring", "UPDATE key_ring SET wrapped = 'x' WHERE kid = 1", "", "changed"),
    ("key_ring", "UPDATE key_ring SET state = 'retired' WHERE kid = 1", "", "changed"),
    ("key_ring", "DELETE FROM key_ring WHERE kid = 1", "", "removed"),
    ("key_ring", "UPDATE key_ring SET public = sha256('x') WHERE purpose = 'inbox'", "", "changed"),
    ("key_ring", "UPDATE key_ring SET created_at_wall = '2020-01-01' WHERE kid = 1", "", "changed"),
    ("suppression", "UPDATE suppression SET until = now() WHERE lifted_at IS NULL", "put", "changed"),
    ("suppression", "UPDATE suppression SET purposes = '{x}' WHERE lifted_at IS NULL", "put", "changed"),
    ("suppression", "DELETE FROM suppression WHERE lifted_at IS NULL", "put", "removed"),
    (
        "suppression",
        "UPDATE suppression SET lifted_by = 'eve' WHERE lifted_at IS NOT NULL",
        "lifted",
        "changed",
    ),
    (
        "suppression",
        "UPDATE suppression SET lifted_at = now(), lifted_by = 'eve' WHERE lifted_at IS NULL",
        "lifted",
        "no entry",
    ),
    (
        "suppression",
        "UPDATE suppression SET lifted_at = NULL, lifted_by = NULL WHERE lifted_at IS NOT NULL",
        "lifted",
        "removed",
    ),
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit[1])
async def test_a_row_that_was_touched_behind_our_back_is_named(
    lived: Database, database_urls: DatabaseUrls, edit: tuple[str, str, str, str]
) -> None:
    table, statement, part, fault = edit
    assert tamper(database_urls, table, statement) == 1
    (found,) = await _faults(lived)
    assert (found.part, found.fault) == (f"{table}.{part}" if part else table, fault)


async def test_who_was_erased_breaks_nothing(lived: Database) -> None:
    """The rows stay, and what erasure takes out of them was never vouched for."""
    async with lived.transaction() as tx:
        await tx.connection.exec_driver_sql(
            "SELECT patient_erase(id, 'ann', 'request', now()) FROM patient WHERE source = 'clinic'"
        )
        await tx.connection.exec_driver_sql("UPDATE auto_reply SET sealed_to = '', sealed_content = NULL")
    assert await _faults(lived) == ()


async def test_an_entry_that_was_made_to_fit_does_not_hide_an_edit(
    lived: Database, database_urls: DatabaseUrls
) -> None:
    """Who edits a row that is written once and appends an entry for it contradicts the first entry."""
    (before,) = await rows_of(lived, "SELECT body FROM audit_event WHERE action = 'message.sent'")
    tamper(database_urls, "message", "UPDATE message SET sealed_content = 'x' WHERE state = 'sent'")
    (named,) = await _faults(lived)
    async with lived.transaction() as tx:
        for body in (before.body, before.body.replace('"digest":"', '"digest":"00')[:-2] + '"}'):
            await tx.connection.exec_driver_sql(
                "SELECT audit_append('x', 'message.sent', 'message', 'x', 'ok', %(body)s, now(), 1)",
                {"body": body},
            )
    assert await _faults(lived) == (named,)


@pytest.mark.parametrize(
    "body", ["", "not json", '{"covers":"message"}', '{"covers":"message","row":"\\"","digest":"zz"}', "\\"]
)
async def test_an_entry_of_the_runtime_role_s_own_words_keeps_nothing_from_being_proved(
    lived: Database, database_urls: DatabaseUrls, body: str
) -> None:
    async with lived.transaction() as tx:
        await tx.connection.exec_driver_sql(
            "SELECT audit_append('x', 'x', 'x', 'x', 'ok', %(body)s, now(), 1)", {"body": body}
        )
    assert await _faults(lived) == ()
    tamper(database_urls, "message", "DELETE FROM message WHERE state = 'sent'")
    assert [each.fault for each in await _faults(lived)] == ["removed"]
