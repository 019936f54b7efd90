"""Consent: append-only, the newest version of a record speaks, withdrawals stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from nextvisit.domain.consent import ConsentRules, Standing, standing
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.engine import Database
from nextvisit.store.people import consents, patients
from nextvisit.store.people.patients import PatientId
from tests.world.clock import SetClock, later
from tests.world.records import a_consent, a_patient
from tests.world.site import REACH, SOURCE

pytestmark = pytest.mark.anyio


async def _patient(database: Database) -> PatientId:
    async with database.transaction() as tx:
        (result,) = await patients.upsert_many(tx, SOURCE, [a_patient()], reach=REACH)
    return result.id


async def test_a_permit_is_an_event_of_its_patient(database: Database) -> None:
    patient = await _patient(database)
    consent = a_consent(channels=(ChannelKind("sms"), ChannelKind("email")), expires_at=later(365))
    async with database.transaction() as tx:
        assert await consents.record_many(tx, SOURCE, [consent, consent]) == [consent]
        assert await consents.record_many(tx, SOURCE, [consent]) == []
        (event,) = await consents.events(tx, patient)
    assert (event.decision, event.purposes, set(event.channels)) == (
        "permit",
        (Purpose.RECALL,),
        {ChannelKind("sms"), ChannelKind("email")},
    )
    assert (event.at, event.expires_at, event.source) == (later(-30), later(365), "mis:his")


async def test_only_the_newest_version_of_a_record_speaks(database: Database) -> None:
    patient = await _patient(database)
    deny = a_consent(version="2", updated_at=later(1), decision="deny")
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [deny])
        await consents.record_many(tx, SOURCE, [a_consent()])  # arrives late
        assert [event.decision for event in await consents.events(tx, patient)] == ["deny"]


async def _decisions(database: Database, patient: PatientId) -> list[tuple[str, set[Purpose]]]:
    async with database.transaction() as tx:
        return [(each.decision, {*each.purposes}) for each in await consents.events(tx, patient)]


@pytest.mark.parametrize("version", ["1", "another"])
async def test_of_two_versions_of_one_instant_whatever_either_refuses_is_refused(
    database: Database, version: str
) -> None:
    """A number that stays, or none; and a clock of seconds."""
    patient = await _patient(database)
    at: dict[str, Any] = {"updated_at": later(-2)}
    permit, deny = a_consent(**at), a_consent(decision="deny", version=version, **at)
    news = a_consent(decision="deny", purposes=(Purpose.NEWSLETTER,), version=version, **at)
    for each in (permit, deny, a_consent(version="x", **at), news, permit, deny, news):
        async with database.transaction() as tx:
            await consents.record_many(tx, SOURCE, [each])
    assert await _decisions(database, patient) == [("deny", {Purpose.RECALL, Purpose.NEWSLETTER})]
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(version=version, updated_at=later(-1))])
    assert await _decisions(database, patient) == [("permit", {Purpose.RECALL})]


async def test_of_two_permits_of_one_instant_what_both_permit_is_permitted(database: Database) -> None:
    patient = await _patient(database)
    wide = a_consent(purposes=(Purpose.RECALL, Purpose.NEWSLETTER))
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [wide, a_consent(version="x")])
    assert await _decisions(database, patient) == [("permit", {Purpose.RECALL})]
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(version="y", purposes=(Purpose.FEEDBACK,))])
    assert await _decisions(database, patient) == []


async def test_a_number_that_stays_hides_no_refusal(database: Database) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(updated_at=later(-2))])
        await consents.record_many(tx, SOURCE, [a_consent(updated_at=later(-1), decision="deny")])
    assert await _decisions(database, patient) == [("deny", {Purpose.RECALL})]


async def test_a_consent_that_is_only_touched_is_recorded_once(database: Database) -> None:
    await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(updated_at=later(-2))])
        assert await consents.record_many(tx, SOURCE, [a_consent(updated_at=later(-1))]) == []
        assert await consents.record_many(tx, SOURCE, [a_consent(updated_at=None)]) == []


@pytest.mark.parametrize("number", ["2", "W"])
async def test_a_refusal_without_a_date_is_not_of_long_ago(database: Database, number: str) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(updated_at=later(-1))])
        await consents.record_many(tx, SOURCE, [a_consent(version=number, updated_at=None, decision="deny")])
    assert await _decisions(database, patient) == [("deny", {Purpose.RECALL})]


async def test_an_old_version_without_a_date_takes_nothing_back(database: Database) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(version="7", decision="deny")])
        await consents.record_many(tx, SOURCE, [a_consent(version="6", updated_at=None)])
    assert await _decisions(database, patient) == [("deny", {Purpose.RECALL})]


async def test_a_restored_mis_refuses_what_it_refuses_now_and_takes_no_refusal_back(
    database: Database,
) -> None:
    patient = await _patient(database)
    old = a_consent(decision="deny", updated_at=later(-9))
    newer = a_consent(version="2", updated_at=later(-5))
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [old, newer])
        assert await consents.record_many(tx, SOURCE, [old]) == [], "a page that comes late"
    assert await _decisions(database, patient) == [("permit", {Purpose.RECALL})]
    for _ in range(2):
        async with database.transaction() as tx:
            await consents.record_many(tx, SOURCE, [old], has_now=True)
        assert await _decisions(database, patient) == [("deny", {Purpose.RECALL})]
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [newer], has_now=True)
    assert await _decisions(database, patient) == [("permit", {Purpose.RECALL})], "surely later"


async def test_a_permit_that_was_filed_with_the_wrong_patient_is_no_longer_theirs(
    database: Database,
) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent()])
        await consents.record_many(tx, SOURCE, [a_consent(patient=2, version="2", updated_at=later(1))])
        assert await consents.events(tx, patient) == ()


async def test_a_permit_counts_from_the_day_that_it_names(database: Database) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(starts_at=later(3))])
        said = await consents.events(tx, patient)
    rules = ConsentRules(frozenset({Purpose.RECALL}), timedelta(days=1000))
    assert standing(said, Purpose.RECALL, None, later(2), rules) is Standing.MISSING
    assert standing(said, Purpose.RECALL, None, later(3), rules) is Standing.GRANTED


async def test_a_record_out_of_force_says_nothing(database: Database) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent()])
        await consents.record_many(tx, SOURCE, [a_consent(version="2", updated_at=later(1), active=False)])
        assert await consents.events(tx, patient) == ()


async def test_an_undated_record_that_is_touched_again_does_not_outrun_a_withdrawal(
    database: Database, clock: SetClock
) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(given_at=None)])
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        assert await consents.withdraw(
            tx, patient, purposes=[Purpose.RECALL], spaces=[], origin="reply", origin_ref="m-1"
        )
    async with database.transaction() as tx:
        touched = a_consent(given_at=None, version="2", updated_at=later(5))
        await consents.record_many(tx, SOURCE, [touched])
        assert [event.decision for event in await consents.events(tx, patient)] == ["permit", "withdraw"]


async def test_an_undated_record_that_changes_its_mind_counts_from_now(database: Database) -> None:
    patient = await _patient(database)
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(given_at=None)])
    async with database.transaction() as tx:
        change = a_consent(given_at=None, version="2", updated_at=later(5), decision="deny")
        await consents.record_many(tx, SOURCE, [change])
        (event,) = await consents.events(tx, patient)
        assert (event.decision, event.at) == ("deny", tx.now)


_SAYS: dict[str, Any] = {"given_at": later(3), "updated_at": later(4), "version": "9"}


@pytest.mark.parametrize(
    ("versions", "stands"),
    [
        ([_SAYS], Standing.DENIED),
        ([{**_SAYS, "expires_at": later(900)}], Standing.DENIED),
        ([{"version": "2", "updated_at": later(2), "active": False}, _SAYS], Standing.DENIED),
        ([{"version": "2", "updated_at": later(2), "decision": "deny"}, _SAYS], Standing.GRANTED),
        ([{**_SAYS, "number": 2}], Standing.GRANTED),
        ([{**_SAYS, "purposes": (Purpose.RECALL, Purpose.FEEDBACK)}], Standing.GRANTED),
    ],
    ids=["dated anew", "prolonged", "gone and back", "refused and allowed", "another record", "says more"],
)
@pytest.mark.parametrize("backwards", [False, True])
async def test_a_new_date_alone_undoes_no_refusal(
    database: Database,
    clock: SetClock,
    versions: list[dict[str, Any]],
    stands: Standing,
    backwards: bool,
) -> None:
    patient = await _patient(database)
    rules = ConsentRules(required=frozenset({Purpose.RECALL}), lasts=timedelta(days=1000))
    came = [a_consent(**fields) for fields in versions]
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent()])
        await consents.withdraw(tx, patient, purposes=[Purpose.RECALL], origin="reply", origin_ref="1")
    clock.move(timedelta(days=5))
    async with database.transaction() as tx:
        for one in reversed(came) if backwards else came:
            await consents.record_many(tx, SOURCE, [one])
        said = await consents.events(tx, patient)
        assert standing(said, Purpose.RECALL, None, tx.now, rules) is stands


@pytest.mark.parametrize("anew", [False, True])
async def test_a_permit_that_is_dated_ahead_undoes_no_refusal_that_came_after_it(
    database: Database, clock: SetClock, *, anew: bool
) -> None:
    patient = await _patient(database)
    rules = ConsentRules(required=frozenset({Purpose.RECALL}), lasts=timedelta(days=1000))
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(given_at=later(10))])
    clock.move(timedelta(days=1))
    async with database.transaction() as tx:
        await consents.withdraw(tx, patient, purposes=[Purpose.RECALL], origin="reply", origin_ref="1")
        if anew:
            dated = a_consent(given_at=later(12), version="2", updated_at=later(2))
            await consents.record_many(tx, SOURCE, [dated])
    clock.move(timedelta(days=12))
    async with database.transaction() as tx:
        said = await consents.events(tx, patient)
        assert standing(said, Purpose.RECALL, None, tx.now, rules) is Standing.DENIED


async def test_a_new_date_prolongs_a_permit_that_nobody_took_back(
    database: Database, clock: SetClock
) -> None:
    patient = await _patient(database)
    rules = ConsentRules(required=frozenset({Purpose.RECALL}), lasts=timedelta(days=40))
    clock.move(timedelta(days=20))
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(), a_consent(**_SAYS)])
        said = await consents.events(tx, patient)
        assert standing(said, Purpose.RECALL, None, tx.now, rules) is Standing.GRANTED


async def test_a_repeated_withdrawal_is_one(database: Database) -> None:
    patient = await _patient(database)
    async with database.transaction(actor="patient") as tx:
        for expected in (True, False):
            assert expected is await consents.withdraw(
                tx, patient, purposes=[Purpose.RECALL], spaces=[], origin="page", origin_ref="m-1"
            )
    async with database.transaction() as tx:
        assert len(await consents.events(tx, patient)) == 1
        actions = await tx.connection.execute(
            text("SELECT actor, action FROM audit_event WHERE object_type <> 'key'")
        )
        assert [tuple(row) for row in actions] == [("patient", "consent.withdrawn")]


async def test_consents_wait_for_their_patient(database: Database) -> None:
    async with database.transaction() as tx:
        await consents.record_many(tx, SOURCE, [a_consent(), a_consent(2, patient=2)])
    patient = await _patient(database)
    async with database.transaction() as tx:
        assert len(await consents.events(tx, patient)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE consent_event SET active = false", "DELETE FROM consent_event"]
)
async def test_the_runtime_role_cannot_rewrite_consent(database: Database, statement: str) -> None:
    with pytest.raises(Bug, match="42501"):
        async with database.transaction() as tx:
            await tx.connection.execute(text(statement))
