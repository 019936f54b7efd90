"""`nextvisit patient show` and `journey why`: who said no, to what, when and by what way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from nextvisit.cli.actor import account
from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.events import Deferred, Skipped
from nextvisit.flow.engine.state import Acting
from nextvisit.intake.opt_out import opt_out
from nextvisit.sdk.addresses import PHONE as PHONES
from nextvisit.sdk.records import ContactPoint, Deleted, Identifier, MisRef, RelatedPerson
from nextvisit.store.base.engine import Database
from nextvisit.store.journeys import journeys
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import ledger
from nextvisit.store.people import deleted, details, patients, related
from nextvisit.store.people.patients import PatientId
from nextvisit.store.people.upsert import upsert_many
from tests.cli.installation import Installation
from tests.cli.test_evidence import SECRETS, built_in_journeys, known_patient
from tests.cli.test_suppress import WHY, a_couple
from tests.world.clock import later
from tests.world.details import DETAILS
from tests.world.records import PHONE, a_patient
from tests.world.rows import a_send, a_state, plan
from tests.world.site import REACH, SITE


def consents(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith("Consent: ")]


def test_who_said_nothing_has_nothing_against_them(installed: Installation) -> None:
    patient = installed.in_store(known_patient)
    assert "nothing on record speaks against writing" in installed.run("patient", "show", patient).out


def test_a_stop_is_seen_once_with_its_way_and_its_reach(installed: Installation) -> None:
    patient, other = installed.in_store(a_couple)
    installed.run("patient", "stop", patient, "--by", "anna")
    shown = installed.run("patient", "show", patient)
    (line,) = consents(shown.out)
    assert "withdraw for feedback, marketing, newsletter, recall by every channel" in line
    assert f"taken down by staff (anna [{account()}])" in line
    assert "it holds for the addresses too" in line
    assert "speaks against" not in shown.out
    (said,) = installed.run("patient", "show", patient, "--json").json["consents"]
    assert (said["event"]["decision"], said["event"]["source"], said["own"]) == ("withdraw", "staff", True)
    assert said["by"] == f"anna [{account()}]"
    (shared,) = consents(installed.run("patient", "show", other).out)
    assert "it came from an address where the patient is reached" in shared


async def stop_by_text(database: Database) -> str:
    patient = await known_patient(database)
    async with database.transaction() as tx:
        address = patients.address(tx, PHONES.space, PHONE)
        await opt_out(tx, None, addresses=(address,), origin="reply", origin_ref="inbox:1")
        await opt_out(tx, PatientId(UUID(patient)), addresses=(), origin="page", origin_ref="inbox:2")
    return patient


def test_what_was_said_from_an_address_or_on_the_page_is_told_apart(installed: Installation) -> None:
    patient = installed.in_store(stop_by_text)
    said = installed.run("patient", "show", patient).out
    assert "said in an answer to us; it came from an address where the patient is reached" in said
    assert "said on the patient's page." in said


def test_suppressions_of_the_patient_and_of_their_addresses_are_seen(installed: Installation) -> None:
    patient, _ = installed.in_store(a_couple)
    installed.run("patient", "stop", patient, "--legal", WHY, "--by", "anna")
    installed.run("suppress", "add", "--phone", PHONE, "--reason", WHY, "--purpose", "recall")
    shown = installed.run("patient", "show", patient)
    assert f"of patient {patient}: legal, for everything" in shown.out
    assert f"put by anna [{account()}] (staff)" in shown.out
    assert "of an address (phone): staff, for recall by every channel" in shown.out
    assert len(installed.run("patient", "show", patient, "--json").json["suppressions"]) == 2
    assert not [secret for secret in (*SECRETS, WHY) if secret in shown.out]


async def a_child(database: Database) -> str:
    patient = await known_patient(database)
    async with database.transaction() as tx:
        mother = RelatedPerson(
            MisRef("RelatedPerson/1"),
            "1",
            tx.now,
            MisRef("Patient/1"),
            guardian=True,
            contact_points=(ContactPoint("phone", "601 200 001"),),
        )
        await related.upsert_many(tx, "clinic", [mother], reach=REACH)
        address = patients.address(tx, PHONES.space, "+48601200001")
        await opt_out(tx, None, addresses=(address,), origin="reply", origin_ref="inbox:1")
    return patient


def test_what_holds_at_a_guardians_address_is_seen(installed: Installation) -> None:
    patient = installed.in_store(a_child)
    installed.run("suppress", "add", "--phone", "601 200 001", "--reason", WHY)
    shown = installed.run("patient", "show", patient).out
    assert len(consents(shown)) == 1
    assert "of an address (phone)" in shown


async def merge(database: Database) -> None:
    async with database.transaction() as tx:
        told = a_patient(1, version="2", updated_at=tx.now, replaced_by=MisRef("Patient/3"))
        await upsert_many(tx, "clinic", [told], reach=REACH)


async def a_pair(database: Database) -> list[str]:
    elsewhere = (ContactPoint("phone", "601 300 003"),)
    async with database.transaction() as tx:
        people = [a_patient(1), a_patient(3, contact_points=elsewhere)]
        return [str(each.id) for each in await upsert_many(tx, "clinic", people, reach=REACH)]


def test_a_merged_record_names_its_survivor_and_what_it_refused_holds_there(installed: Installation) -> None:
    merged, survivor = installed.in_store(a_pair)
    installed.run("patient", "stop", merged, "--legal", WHY, "--by", "anna")
    installed.in_store(merge)
    assert f"the record was merged into {survivor}" in installed.run("patient", "show", merged).out
    shown = installed.run("patient", "show", survivor)
    assert f"{merged} was merged into this record" in shown.out
    (line,) = consents(shown.out)
    assert f"of {merged}, which is or was the same person's record" in line
    assert f"of patient {merged}: legal" in shown.out
    assert merged in installed.run("suppress", "list", "--patient", survivor).out
    known = installed.run("patient", "show", merged, "--json").json
    assert known["succession"] == {"merged": True, "survivor": survivor, "replaced": []}


async def a_dead_twin(database: Database) -> str:
    both = {"birth_date": "1950-02-27", "identifiers": (Identifier("pesel", "44051401458"),)}
    people = [a_patient(1, deceased=True, **both), a_patient(2, **both)]
    async with database.transaction() as tx:
        return str((await upsert_many(tx, "his", people, reach=REACH))[1].id)


def test_who_has_died_under_another_record_is_said(installed: Installation) -> None:
    twin = installed.in_store(a_dead_twin)
    shown = installed.run("patient", "show", twin)
    assert "another record with the same number and date of birth is of somebody who has died" in shown.out
    assert "speaks against" not in shown.out
    known = installed.run("patient", "show", twin, "--json").json
    assert (known["deceased"], known["twin_died"]) == (False, True)


async def delete(database: Database) -> None:
    async with database.transaction() as tx:
        await deleted.delete(tx, "clinic", [Deleted(MisRef("Patient/1"))])


def test_a_deleted_record_still_tells_what_it_refused(installed: Installation) -> None:
    patient = installed.in_store(known_patient)
    installed.run("patient", "stop", patient)
    installed.in_store(delete)
    shown = installed.run("patient", "show", patient)
    assert "the record is out of use" in shown.out
    assert len(consents(shown.out)) == 1


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (("email",), "recall at every address of these kinds: email,"),
        (("email", "sms"), "recall at every address of these kinds: email, phone,"),
        ((), "recall by every channel,"),
    ],
)
def test_a_withdrawal_is_told_as_wide_as_it_is(
    channels: tuple[str, ...], said: str, installed: Installation
) -> None:
    head = installed.in_store(lambda database: in_hand(database, None))
    options = [word for each in channels for word in ("--channel", each)]
    patient = str(head.patient_id)
    assert installed.run("consent", "withdraw", patient, "--purpose", "recall", *options).code == 0
    for words in (("patient", "show", patient), ("journey", "why", str(head.id))):
        (line,) = consents(installed.run(*words).out)
        assert f"withdraw for {said}" in line


async def in_hand(database: Database, result: Deferred | Skipped | None) -> JourneyHead:
    """A journey with one message, and what the gate said of it last."""
    head = (await built_in_journeys(database))[0]
    async with database.transaction() as tx:
        asking = a_state(phase=Acting("send_message"))
        await journeys.advance(tx, head.id, asking, (a_send(),))
        message = await plan(tx, head, a_send())
        if isinstance(result, Skipped):
            await ledger.settle_skipped(tx, message.id, reason=result.reason, scope=result.scope)
        if result is not None:
            await journeys.record(tx, head.id, a_send(), result, asking)
    return head


def test_a_planned_message_says_why_it_waits_and_until_when(installed: Installation) -> None:
    until = later(1)
    waits = Deferred(later(0), until, Reason.QUIET_HOURS)
    journey = str(installed.in_store(lambda database: in_hand(database, waits)).id)
    why = installed.run("journey", "why", journey).out
    assert f"planned; it waits until {until.astimezone(SITE.zone):%Y-%m-%d %H:%M}, because quiet_hours" in why


def test_who_stopped_a_message_is_said(installed: Installation) -> None:
    refused = Skipped(later(0), Reason.CONSENT_DENIED, "journey")
    head = installed.in_store(lambda database: in_hand(database, refused))
    installed.run("patient", "stop", str(head.patient_id), "--by", "anna")
    why = installed.run("journey", "why", str(head.id)).out
    (fate,) = [line for line in why.splitlines() if "not sent" in line]
    assert "because consent_denied (withdraw of " in fate
    assert "taken down by staff" in fate
    assert "the patient wants no more of this (taken down by staff)" in why
    assert len(consents(why)) == 1


async def cared_for(database: Database) -> str:
    patient = await known_patient(database)
    async with database.transaction() as tx:
        ref = (await patients.identity(tx, PatientId(UUID(patient)), why="test")).ref
        hers: list[Any] = [each for each in DETAILS.values() if hasattr(each, "patient")]
        told = [replace(each, patient=ref) for each in hers]
        await details.upsert_many(tx, "clinic", told, country=SITE.country)
    return patient


def test_what_is_known_of_a_patient_s_care_is_counted_and_not_named(installed: Installation) -> None:
    patient = installed.in_store(cared_for)
    shown = installed.run("patient", "show", patient)
    said = "known of the patient: coverage 1, condition 1, procedure 1, result ready 1, payment 1"
    assert said in shown.out
    assert installed.run("patient", "show", patient, "--json").json["details"]["condition"] == 1
    assert not [each for each in ("I50.1", "GOLD", "350", "12.30") if each in shown.out]
