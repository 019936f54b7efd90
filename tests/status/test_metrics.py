"""Metrics name no patient, and no world makes them more than a house can count."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from nextvisit.calls.troubles import Met, Trouble
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.state import NodeId
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import ChannelKind, MisRef, Purpose
from nextvisit.status import families, survey
from nextvisit.status.metrics import Metrics
from nextvisit.status.survey import Survey
from nextvisit.store.base.engine import Database
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import channel_health, ledger
from nextvisit.store.queues import inbox
from nextvisit.store.vitals import plugin_troubles
from nextvisit.watch.doctor import Examinee
from nextvisit.watch.readiness import Readiness
from nextvisit.watch.servers import OtherSide
from tests.postgres import taking_in
from tests.world.clinic import Clinic
from tests.world.heartbeats import beat
from tests.world.records import PHONE, a_patient
from tests.world.rows import plan
from tests.world.site import SITE

pytestmark = pytest.mark.anyio

CONNECTIONS = frozenset({"his", "sms"})


def examinee_of(clinic: Clinic) -> Examinee:
    """As the gateway has it."""

    async def nobody() -> Any:
        raise AssertionError

    return Examinee(
        database=None,
        temporal=nobody,
        temporal_at="",
        site=SITE,
        mis={"his": clinic.mis},
        channels={"sms": clinic.sms},
        programs=clinic.programs,
        sync_every={"his": timedelta(minutes=15)},
        books="his",
        api=("127.0.0.1", 1),
        others=dict.fromkeys(("his", "sms"), OtherSide("settings", "plugin", None)),
        folder=None,  # type: ignore[arg-type]  # nobody looks there
        patience=timedelta(seconds=60),
        second=None,
        erased=None,
        backup=None,
        per_day={},
    )


async def seen(clinic: Clinic) -> Metrics:
    """The gateway's, after one look with the intake key alone."""
    metrics = Metrics("gateway", "1", Readiness("one"))
    metrics.connections = CONNECTIONS
    metrics.survey = Survey(examinee_of(clinic))
    metrics.survey.last = await survey.look(metrics.survey.examinee, taking_in(clinic.db))
    return metrics


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels, in their order; twice the same would be refused by who scrapes."""
    found: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for each in family.samples:
            key = (each.name, *(each.labels[label] for label in sorted(each.labels)))
            assert key not in found
            found[key] = each.value
    return found


async def _hostile(clinic: Clinic, number: int) -> None:
    """A MIS, a provider, a plugin and a campaign that name things as they like."""
    word = f"Kowalska-{number}"
    async with clinic.db.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin=word, dedupe=word, body=b"Kowalska")
        for item in await inbox.take(tx, 1000):
            await inbox.park(tx, item.id, word)
        await channel_health.record_failure(tx, word, word, lasting=True)
        trouble = Trouble(word, word, word, "raised", word, word)
        await plugin_troubles.tell(tx, [Met(trouble, 1, timedelta(seconds=1))])


async def test_a_hostile_world_makes_no_series_more(clinic: Clinic) -> None:
    for number in range(20):
        await _hostile(clinic, number)
    before = samples(await seen(clinic)).keys()
    for number in range(20, 40):
        await _hostile(clinic, number)
    after = samples(await seen(clinic))
    assert after.keys() == before
    assert after["nextvisit_inbox_things", "other", "parked"] == 40
    assert after["nextvisit_plugin_troubles", "other", "raised"] == 40
    assert not any("Kowalska" in part for key in after for part in key)


async def test_campaigns_beyond_the_bound_share_one_label(clinic: Clinic) -> None:
    names = [f"campaign-{number:04}" for number in range(families.MOST_CAMPAIGNS + 20)]
    assert len(families.campaigns_of(names)) == families.MOST_CAMPAIGNS


async def test_reasons_of_providers_are_no_labels(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(MisRef("Patient/1"))
    for reason, label in (("rejected.Kowalska", "rejected"), ("Kowalska", "other")):
        async with clinic.db.transaction() as tx:
            effect = SendMessage(
                NodeId(label),
                1,
                1,
                (ChannelKind("sms"),),
                "neutral",
                Purpose.RECALL,
                tx.now + timedelta(days=3),
            )
            message = await plan(tx, await journeys.head(tx, journey), effect)
            await ledger.settle_skipped(tx, message.id, reason, "message")
        found = samples(await seen(clinic))
        assert found["nextvisit_messages_skipped", "reactivation", label] == 1


async def test_no_patient_is_in_what_is_scraped(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(MisRef("Patient/1"))
    message = await clinic.a_message(journey)
    await beat(clinic.db, "worker")
    scraped = (await seen(clinic)).text().decode()
    for canary in ("Kowalska", "Anna", PHONE, PHONE[1:], "Patient/1", str(journey), str(message.id)):
        assert canary not in scraped
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", scraped)


async def test_numbers_are_as_the_store_has_them(clinic: Clinic) -> None:
    await clinic.sync(a_patient())
    await clinic.a_message(await clinic.a_journey(MisRef("Patient/1")))
    await beat(clinic.db, "worker")
    found = samples(await seen(clinic))
    assert found["nextvisit_journeys", "reactivation", "open"] == 1
    assert found["nextvisit_messages", "reactivation", "sent"] == 1
    assert found["nextvisit_role_processes", "worker", "ready"] == 1
    assert found["nextvisit_role_processes", "gateway", "ready"] == 0
    assert found["nextvisit_finding", "role.missing", "wrong", "gateway"] == 1
    assert ("nextvisit_key_age_seconds", "payload") in found
    assert found["nextvisit_channel_paused", "sms"] == 0


async def test_the_checks_are_the_doctors(clinic: Clinic) -> None:
    metrics = await seen(clinic)
    assert metrics.survey is not None
    assert metrics.survey.last is not None
    names = {each.what for each in metrics.survey.last.found}
    assert names >= {
        "roles",
        "inbox",
        "outbox",
        "campaigns",
        "journeys",
        "sends",
        "equations",
        "channels",
        "tasks",
    }
    broken = [
        each for each in metrics.survey.last.found for one in each.findings if one.code.startswith("check.")
    ]
    assert broken == []


async def test_a_scrape_asks_the_store_nothing(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = await seen(clinic)

    def asked(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Database, "transaction", asked)
    assert samples(metrics)


async def test_a_look_that_takes_too_long_ends_and_says_so(clinic: Clinic) -> None:
    aside = clinic.db.aside(timedelta(milliseconds=50))
    try:
        with pytest.raises(RetryLater, match="57014"):
            async with aside.transaction() as tx:
                await tx.connection.execute(text("SELECT pg_sleep(60)"))
    finally:
        await aside.close()


async def test_what_could_not_be_counted_is_missing_and_said(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise RetryLater("store.unavailable", "sqlstate 57014")

    monkeypatch.setattr(survey, "numbers", busy)
    found = samples(await seen(clinic))
    assert found["nextvisit_survey_complete",] == 0
    assert not any(key[0] == "nextvisit_messages" for key in found)
