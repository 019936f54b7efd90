"""The runtime role moves rows forward, and rewrites none: in plain SQL, whatever our functions would do."""

from __future__ import annotations

import psycopg
import pytest

from nextvisit.sdk.errors import Bug
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns import campaigns
from tests.postgres import DatabaseUrls
from tests.world.lived import live_through

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lived(database: Database) -> Database:
    """Of each thing one that is over."""
    await live_through(database)
    return database


REWRITINGS = [
    "UPDATE message SET state = 'planned' WHERE state = 'sent'",
    "UPDATE message SET state = 'unknown' WHERE state = 'sent'",
    "UPDATE message SET state = 'skipped' WHERE state = 'sent'",
    "UPDATE message SET state = 'claimed' WHERE state = 'unknown'",
    "UPDATE message SET state = 'planned' WHERE state = 'unknown'",
    "UPDATE message SET state = 'planned' WHERE state = 'skipped'",
    "UPDATE message SET state = 'sent' WHERE state = 'skipped'",
    "UPDATE message SET state = 'sent' WHERE state = 'planned'",
    "UPDATE message SET to_digest = sha256('x') WHERE state = 'sent'",
    "UPDATE message SET sealed_content = 'x' WHERE state = 'sent'",
    "UPDATE message SET channel = 'sms' WHERE state = 'sent'",
    "UPDATE message SET provider = 'x' WHERE state = 'sent'",
    "UPDATE message SET provider_ref = 'x' WHERE state = 'sent'",
    "UPDATE message SET sent_at = sent_at - interval '1 day' WHERE state = 'sent'",
    "UPDATE message SET status = 'queued' WHERE state = 'sent'",
    "UPDATE message SET price = 1, currency = 'PLN' WHERE state = 'unknown'",
    "UPDATE message SET missed_at = now() WHERE state = 'sent'",
    "UPDATE message SET missed_at = now() WHERE state = 'planned'",
    "UPDATE message SET reason = 'x' WHERE state = 'skipped'",
    "UPDATE message SET template = 'x'",
    "UPDATE message SET purpose = 'service'",
    "UPDATE message SET patient_id = gen_random_uuid()",
    "UPDATE message SET journey_id = (SELECT id FROM journey WHERE outcome IS NOT NULL)",
    "UPDATE message SET version = 'x'",
    "UPDATE message SET rung = rung + 9",
    "UPDATE message SET deadline = deadline - interval '1 hour' WHERE state = 'planned'",
    "INSERT INTO message SELECT (jsonb_populate_record(m, '{\"rung\": 9}')).* FROM message m WHERE state = 'sent'",
    "DELETE FROM message",
    "TRUNCATE message CASCADE",
    "UPDATE auto_reply SET state = 'planned'",
    "UPDATE auto_reply SET to_digest = sha256('x')",
    "UPDATE auto_reply SET sealed_content = 'x'",
    "UPDATE auto_reply SET sent_at = now()",
    "DELETE FROM auto_reply",
    "UPDATE booking SET state = 'pending'",
    "UPDATE booking SET state = 'failed'",
    "UPDATE booking SET appointment_ref = 'Appointment/2'",
    "UPDATE booking SET slot_ref = 'Slot/2'",
    "DELETE FROM booking",
    "UPDATE journey SET outcome = 'goal' WHERE outcome IS NOT NULL",
    "UPDATE journey SET outcome = NULL WHERE outcome IS NOT NULL",
    "UPDATE journey SET state = NULL WHERE outcome IS NOT NULL",
    "UPDATE journey SET version = 'x'",
    "UPDATE journey SET campaign = 'x'",
    "UPDATE journey SET patient_id = (SELECT max(id::text)::uuid FROM patient)",
    "UPDATE journey SET event_count = -1",
    "DELETE FROM journey",
    "UPDATE enrolment SET state = 'started', patient_id = (SELECT max(id::text)::uuid FROM patient)",
    "UPDATE enrolment SET arm = 'holdout'",
    "DELETE FROM enrolment",
    "UPDATE campaign SET active_version = 'unapproved'",
    "SELECT campaign_activate('recall', 'unapproved', now())",
    "SELECT campaign_activate('recall', 'nothing', now())",
    "UPDATE campaign SET state = 'draft'",
    "UPDATE campaign SET state = 'stopped'; UPDATE campaign SET state = 'draft'",
    "UPDATE campaign SET state = 'stopped'; UPDATE campaign SET state = 'running'",
    "INSERT INTO campaign (campaign, state, active_version, updated_at) VALUES ('x', 'running', 'x', now())",
    "INSERT INTO campaign (campaign, state, updated_at) VALUES ('x', 'running', now())",
    "DELETE FROM campaign",
    "UPDATE campaign_version SET approved_by = 'eve' WHERE approved_by IS NOT NULL",
    "UPDATE campaign_version SET approved_by = NULL WHERE approved_by IS NOT NULL",
    "UPDATE campaign_version SET approved_by = 'eve' WHERE approved_by IS NULL",
    "UPDATE campaign_version SET applied_by = 'eve'",
    "UPDATE campaign_version SET purpose = 'service'",
    'INSERT INTO campaign_version SELECT (jsonb_populate_record(v, \'{"version": "x"}\')).* FROM campaign_version v',
    "UPDATE consent_event SET patient_id = NULL",
    "UPDATE consent_event SET taken_down_by = 'x'",
    "DELETE FROM consent_event",
    "UPDATE journey_decision SET result = 'x'",
    "UPDATE campaign_firing SET audience = 0",
    "UPDATE reply SET at = now()",
    "UPDATE patient SET dek = 'x'",
    "UPDATE patient SET dek = NULL, dek_kid = NULL",
    "UPDATE patient SET dek = (SELECT dek FROM patient ORDER BY id DESC LIMIT 1)",
    "UPDATE patient SET erased_at = now(), dek = NULL, dek_kid = NULL",
    "UPDATE patient SET ref_digest = sha256('x')",
    "DELETE FROM patient",
]


@pytest.mark.parametrize("statement", REWRITINGS)
async def test_the_runtime_role_rewrites_nothing_that_is_written(lived: Database, statement: str) -> None:
    """Each of these is one row at least, and none of them is changed."""
    with pytest.raises(Bug, match="42501"):
        async with lived.transaction() as tx:
            await tx.connection.exec_driver_sql(statement.replace("%", "%%"))


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE message SET state = 'planned' WHERE state = 'sent'",
        "DELETE FROM message",
        "UPDATE journey SET outcome = NULL WHERE outcome IS NOT NULL",
        "UPDATE consent_event SET decision = 'permit'",
        "UPDATE campaign_version SET approved_by = 'eve'",
        "SET session_replication_role = replica; DELETE FROM journey_decision",
    ],
)
async def test_neither_does_a_superuser_who_disables_no_trigger(
    database_urls: DatabaseUrls, statement: str
) -> None:
    with (
        psycopg.connect(database_urls.superuser) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


async def test_a_campaign_that_was_stopped_waits_as_a_draft_for_who_runs_it(lived: Database) -> None:
    """The one function that may bring it back, after somebody's approval."""
    async with lived.transaction() as tx:
        await campaigns.set_state(tx, "recall", "stopped")
        await campaigns.approve(tx, "recall", "unapproved", "bob", 0)
        standing = await campaigns.get(tx, "recall")
    assert standing is not None
    assert (standing.state, standing.active_version) == ("draft", "unapproved")
