"""`nextvisit suppress`, `consent`, `patient stop` and `journey stop` on a real database: a person says stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from nextvisit.cli.actor import account
from nextvisit.domain.consent import ConsentRules, Standing, Way, standing
from nextvisit.flow.engine.events import PatientGone
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, ContactPoint, Purpose
from nextvisit.store.base.engine import Database
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import channel_health
from nextvisit.store.people import consents
from nextvisit.store.people.patients import PatientId
from nextvisit.store.people.upsert import upsert_many
from tests.cli.installation import Installation
from tests.cli.test_evidence import SECRETS, actions
from tests.world.records import PHONE, a_patient
from tests.world.rows import a_journey
from tests.world.site import REACH, SITE

WHY = "skarga z 3 marca"
SMS = Way(ChannelKind("sms"), AddressSpace("phone"))
MAIL = Way(ChannelKind("email"), AddressSpace("email"))
RULES = ConsentRules(frozenset(), timedelta(days=1))


async def a_couple(database: Database) -> list[str]:
    """Two patients with one phone."""
    phone = (ContactPoint("phone", PHONE),)
    async with database.transaction() as tx:
        people = [a_patient(1), a_patient(2, contact_points=phone)]
        return [str(each.id) for each in await upsert_many(tx, "clinic", people, reach=REACH)]


async def refused(database: Database, patient: str) -> Sequence[tuple[bool, bool]]:
    """For recalls, newsletters and service: whether by SMS, whether by mail."""
    async with database.transaction() as tx:
        said = await consents.events(tx, PatientId(UUID(patient)))
        now = tx.now

    def no(purpose: Purpose, way: Way) -> bool:
        return standing(said, purpose, way, now, RULES) is Standing.DENIED

    asked = (Purpose.RECALL, Purpose.NEWSLETTER, Purpose.SERVICE)
    return [(no(each, SMS), no(each, MAIL)) for each in asked]


def test_a_suppression_is_put_seen_and_lifted_by_a_person(installed: Installation) -> None:
    patient, _ = installed.in_store(a_couple)
    put = installed.run(
        "suppress", "add", "--patient", patient, "--kind", "legal", "--reason", WHY, "--by", "anna", "--json"
    )
    number = put.json["suppression"]
    listed = installed.run("suppress", "list")
    assert number in listed.out
    assert patient in listed.out
    assert not [secret for secret in (*SECRETS, WHY) if secret in listed.out]
    assert WHY in installed.run("suppress", "show", number, "--by", "anna").out
    for _ in range(2):
        assert installed.run("suppress", "lift", number, "--reason", "settled", "--by", "bob").code == 0
    assert "Nothing is suppressed" in installed.run("suppress", "list").out
    (was,) = installed.run("suppress", "list", "--all", "--json").json
    by = f"[{account()}]"
    assert (was["kind"], was["put_by"], was["lifted_by"]) == ("legal", f"anna {by}", f"bob {by}")
    done = [each for each in actions(installed) if each[1].startswith("suppression.")]
    assert sorted(done) == [
        ("anna", "suppression.put"),
        ("anna", "suppression.read"),
        ("bob", "suppression.lifted"),
    ]


def test_an_address_is_suppressed_in_any_writing_and_is_found_with_its_patient(
    installed: Installation,
) -> None:
    patient, _ = installed.in_store(a_couple)
    words = ("--phone", "601 100 001", "--reason", WHY, "--until", "2030-01-31")
    assert installed.run("suppress", "add", *words).code == 0
    for whom in (("--patient", patient), ("--phone", PHONE)):
        (kept,) = installed.run("suppress", "list", *whom, "--json").json
        assert (kept["patient"], kept["space"]) == (None, "phone")
        assert datetime.fromisoformat(kept["until"]) == datetime(2030, 1, 31, tzinfo=SITE.zone)
    assert installed.run("suppress", "list", "--email", "who@example.org", "--json").json == []


def test_a_patient_who_phones_is_left_in_peace_and_so_is_everybody_at_the_number(
    installed: Installation,
) -> None:
    patient, other = installed.in_store(a_couple)
    assert installed.run("patient", "stop", patient, "--by", "anna").code == 0
    assert installed.in_store(lambda database: refused(database, patient)) == [
        (True, True),
        (True, True),
        (False, False),
    ]
    assert installed.in_store(lambda database: refused(database, other))[0] == (True, True)
    assert ("anna", "consent.withdrawn") in actions(installed)
    assert installed.run("suppress", "list", "--json").json == []
    assert installed.run("patient", "stop", patient, "--legal", WHY).code == 0
    (kept,) = installed.run("suppress", "list", "--json").json
    assert (kept["patient"], kept["kind"]) == (patient, "legal")


def test_a_stopped_patients_journeys_end(installed: Installation) -> None:
    head = installed.in_store(a_journey)
    told = installed.run("patient", "stop", str(head.patient_id), "--json").json
    assert told["journeys"] == 1

    async def heard(database: Database) -> list[object]:
        async with database.transaction() as tx:
            return list(await journey_events.after(tx, head.id, 0))

    assert [type(each) for each in installed.in_store(heard)] == [PatientGone]


def test_consent_is_withdrawn_for_what_was_named(installed: Installation) -> None:
    patient, other = installed.in_store(a_couple)
    words = ("consent", "withdraw", patient, "--purpose", "newsletter", "--channel", "sms")
    assert installed.run(*words, "--by", "anna").code == 0

    async def both(database: Database) -> list[Sequence[tuple[bool, bool]]]:
        return [await refused(database, each) for each in (patient, other)]

    assert installed.in_store(both) == [[(False, False), (True, False), (False, False)]] * 2
    assert installed.run("consent", "withdraw", patient).code == 0
    assert installed.in_store(lambda database: refused(database, patient))[:2] == [(True, True)] * 2
    unknown = installed.run("consent", "withdraw", patient, "--channel", "fax")
    assert unknown.code == 3
    assert "email, sms" in unknown.err


def test_one_journey_is_stopped_by_somebody_with_a_reason(installed: Installation) -> None:
    head = installed.in_store(a_journey)
    words = ("journey", "stop", str(head.id), "--reason", "seen_to", "--by", "anna")
    assert installed.run(*words).code == 0
    assert ("anna", "journey.stopped") in actions(installed)
    assert "staff stopped the journey" in installed.run("journey", "show", str(head.id)).out


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("patient", "stop", "{}"), "patient find"),
        (("consent", "withdraw", "{}"), "patient find"),
        (("journey", "stop", "{}", "--reason", "other"), "journey list"),
        (("suppress", "show", "{}"), "suppress list --all"),
        (("suppress", "lift", "{}", "--reason", "x"), "suppress list --all"),
        (("suppress", "add", "--patient", "{}", "--reason", "x"), "patient find"),
        (("task", "show", "{}"), "task list"),
    ],
    ids=str,
)
def test_what_is_not_there_is_said_to_be_so_and_where_one_looks(
    installed: Installation, words: tuple[str, ...], where: str
) -> None:
    for text, said in ((str(uuid4()), "there is no such"), ("seven", "id")):
        result = installed.run(*(each.format(text) for each in words))
        assert result.code == 3
        assert said in result.err
        assert result.err.splitlines()[-1].startswith(f"`nextvisit {where}` prints the ids")


def test_a_suppression_shows_what_it_is_about(installed: Installation) -> None:
    patient, _ = installed.in_store(a_couple)
    narrow = ("--purpose", "recall", "--purpose", "newsletter", "--channel", "sms", "--reason", WHY)
    number = installed.run("suppress", "add", "--patient", patient, *narrow, "--json").json["suppression"]
    installed.run("suppress", "add", "--patient", patient, "--reason", WHY)
    listed = installed.run("suppress", "list").out
    assert {"recall,", "newsletter", "by", "sms", "everything"} <= set(listed.split())
    assert "staff, for recall, newsletter by sms, since " in installed.run("suppress", "show", number).out


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--reason", " "), "--reason: say in words why"),
        (("--until", "soon"), "--until: write a day as 2026-12-31"),
        (("--until", "2020-01-31"), "--until: is over already"),
        (("--channel", "fax"), "fax: is no channel of this site, which has email, sms"),
    ],
)
def test_a_suppression_that_would_say_or_do_nothing_is_refused(
    changed: tuple[str, str], said: str, installed: Installation
) -> None:
    patient, _ = installed.in_store(a_couple)
    result = installed.run("suppress", "add", "--patient", patient, "--reason", WHY, *changed)
    assert result.code == 3
    assert said in result.err
    assert "Nothing is suppressed" in installed.run("suppress", "list", "--all").out


def test_nothing_is_lifted_or_stopped_for_the_law_without_words(installed: Installation) -> None:
    patient, _ = installed.in_store(a_couple)
    put = installed.run("suppress", "add", "--patient", patient, "--reason", WHY, "--json")
    lifted = installed.run("suppress", "lift", put.json["suppression"], "--reason", "")
    assert (lifted.code, "--reason: say in words why" in lifted.err) == (3, True)
    assert len(installed.run("suppress", "list", "--json").json) == 1
    stopped = installed.run("patient", "stop", patient, "--legal", "")
    assert (stopped.code, "--legal: say in words why" in stopped.err) == (3, True)
    assert "nothing" not in installed.run("patient", "stop", patient).out


def test_a_second_stop_says_that_there_was_one(installed: Installation) -> None:
    patient, _ = installed.in_store(a_couple)
    installed.run("consent", "withdraw", patient, "--channel", "sms")
    installed.run("consent", "withdraw", patient, "--purpose", "recall")
    assert installed.run("patient", "stop", patient).out.startswith("stopped;")
    again = installed.run("patient", "stop", patient)
    assert again.code == 0
    assert again.out.startswith("had been stopped already")
    assert installed.run("patient", "stop", patient, "--legal", WHY, "--json").json["before"]


async def paused(database: Database) -> None:
    async with database.transaction() as tx:
        await channel_health.record_failure(tx, "sms", "rejected.account", lasting=True)


def test_a_connection_that_was_not_paused_is_said_to_be_so(installed: Installation) -> None:
    assert installed.run("channel", "resume", "sms").out == "sms was not paused\n"
    installed.in_store(paused)
    said = "sms is tried again; messages that wait for it are tried again within 15 minutes\n"
    assert installed.run("channel", "resume", "sms").out == said
    assert installed.run("channel", "resume", "sms", "--json").json["was_paused"] is False
    assert "`nextvisit channel status` names" in installed.run("channel", "resume", "fax").err
