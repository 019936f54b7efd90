"""A demo with faulty slots, refusing mailboxes, a throttling centre and scanners that fetch every link.

Every ladder goes on, nothing waits for a deadline, and no machine decides for a patient.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.task_reason import TaskReason
from nextvisit_demo.folder import STARTS, ZONE
from nextvisit_demo.stage import Stage
from nextvisit_sandbox.mailbox_refusals import REFUSALS
from tests.demo import canary, oddities, promises, records
from tests.demo.driver import DemoClinic, Ended, Running, Said, cli, fhir, patiently, run_demo
from tests.demo.records import Held, Resource

FACTOR = 8640.0
PATIENTS = 150
RECALL_SHARE = 0.45
"""High, so that few patients are many who are invited."""
ONE_IN = 2
"""Of the free times that may come to be offered, so many are faulty."""
SANDBOX: Mapping[str, Any] = {
    "smtp_refuses": 0.45,
    "smpp_rate": 2,
    "mail_scanners": True,
    "booking_faults": [409, 500, 504, 422, 409],
}
PERMANENT = ("550 5.1.1 ", "550 5.1.10 ")
_AHEAD = timedelta(days=16)
_OUT_OF_USE = "schedule-cardiology-3"

Row = Mapping[str, Any]

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]


@dataclass(slots=True)
class Planted:
    """Faulty slots by kind, all free times of the same specialty, and who is reached at which address."""

    faulty: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    slots: dict[str, Resource] = field(default_factory=dict)
    people: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    shared: dict[str, int] = field(default_factory=dict)

    @property
    def unfit(self) -> set[str]:
        """All that nobody may be offered."""
        return set().union(*self.faulty.values())


@dataclass(slots=True)
class Stored:
    """What is in the database at the end. patients: ours, by the patient's id in the MIS."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    patients: dict[str, Any] = field(default_factory=dict)
    doctor: Said | None = None


@dataclass(frozen=True, slots=True)
class Faults:
    """The ended demo, what was wrong around it, and what it left."""

    ended: Ended
    planted: Planted
    stored: Stored

    def of(self, table: str) -> list[Row]:
        return self.stored.rows[table]

    def at(self, address: str) -> list[Any]:
        """Our patients who are reached at this address."""
        known = self.stored.patients
        return [known[each] for each in self.planted.people[address.lower()] if each in known]

    @property
    def notes(self) -> list[Row]:
        """What people did, by their own journal."""
        file = self.ended.folder / "sandbox-journal.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


_TABLES = {
    "message": "SELECT * FROM message",
    "journey": "SELECT id, patient_id, outcome FROM journey",
    "task": "SELECT queue, reason, journey_id, patient_id, dedupe FROM task",
    "suppression": "SELECT kind, code, space, address_digest FROM suppression",
    "offer": "SELECT id, slots FROM offer",
    "booking": "SELECT journey_id, slot_ref, state, code FROM booking",
    "link": "SELECT kind, message_id, used_at, prefetched FROM link",
    "consent_event": "SELECT origin, decision FROM consent_event WHERE origin NOT LIKE 'mis:%'",
    "page_answer": "SELECT origin, state FROM inbox WHERE kind = 'page_answer'",
    "decision": "SELECT journey_id, at, node, effect, result, reason FROM journey_decision",
    "health": "SELECT connection, failures, code, down_since FROM channel_health WHERE failures > 0",
}


@pytest.fixture(scope="module")
def faults(demo_folder: Callable[[str], Path]) -> Faults:
    """Everything below is asked of this one."""
    planted, stored = Planted(), Stored()
    folder = demo_folder("faults")

    async def plant(stage: Stage) -> int:
        await canary.plant(stage)
        await _plant(stage, planted)
        return 0

    async def look(running: Running) -> None:
        for table, query in _TABLES.items():
            stored.rows[table] = await patiently(running.appliance, partial(_rows, query))
        everybody = {each for those in planted.people.values() for each in those}
        stored.patients = dict(await records.known(running, everybody))
        stored.doctor = await cli(folder, "doctor")

    ended = run_demo(
        folder, factor=FACTOR, clinic=DemoClinic(PATIENTS, RECALL_SHARE, plant, SANDBOX), look=look
    )
    return Faults(ended, planted, stored)


async def _rows(query: str, tx: Any) -> list[Row]:
    return [dict(row) for row in (await tx.connection.execute(text(query))).mappings()]


async def _plant(stage: Stage, planted: Planted) -> None:
    held = await records.held(stage, "Patient", "Appointment", "Schedule", "Slot")
    planted.shared = records.shared(held["Patient"])
    for patient in held["Patient"]:
        for address in records.addresses(patient):
            planted.people[address].append(patient["id"])
    async with records.hand(stage) as hand:
        (schedule,) = (each for each in held["Schedule"] if each["id"] == _OUT_OF_USE)
        await hand.spoil(schedule, oddities.OUT_OF_USE)
        forms = cycle(oddities.FAULTY_SLOTS.items())
        for number, slot in enumerate(_offerable(held)):
            ref = f"Slot/{slot['id']}"
            planted.slots[ref] = slot
            if slot["schedule"]["reference"].endswith(_OUT_OF_USE):
                planted.faulty["schedule out of use"].add(ref)
            elif number % ONE_IN == 0:
                name, odd = next(forms)
                planted.faulty[name].add(ref)
                await hand.spoil(slot, odd)
    await _take(stage, held, planted)


def _offerable(held: Held) -> Sequence[Resource]:
    """Free times of what the campaign invites to, the earliest first."""
    before = datetime(STARTS.year, STARTS.month, STARTS.day, tzinfo=ZoneInfo(ZONE)) + _AHEAD
    found = [
        each
        for each in held["Slot"]
        if each["id"].startswith("slot-cardiology-")
        and each["status"] == "free"
        and datetime.fromisoformat(each["start"]) < before
    ]
    return sorted(found, key=lambda each: (each["start"], each["id"]))


async def _take(stage: Stage, held: Held, planted: Planted) -> None:
    """Somebody has an appointment there already, and the slot was left free."""
    uninvited = {each["id"] for each in held["Patient"]} - {
        records.patient_of(each)
        for each in held["Appointment"]
        if each["status"] == "booked" or "Cardiology" in json.dumps(each["specialty"])
    }
    free = [ref for ref in planted.slots if ref not in planted.unfit]
    async with fhir(stage) as client:
        for patient, ref in zip(sorted(uninvited), free[:: len(oddities.FAULTY_SLOTS)], strict=False):
            slot = planted.slots[ref]
            (await client.post("Appointment", json=_visit(patient, slot))).raise_for_status()
            planted.faulty["taken"].add(ref)


def _visit(patient: str, slot: Resource) -> Resource:
    doctor = slot["schedule"]["reference"].replace("Schedule/schedule-", "Practitioner/practitioner-")
    people = (f"Patient/{patient}", doctor)
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "specialty": slot["specialty"],
        "slot": [{"reference": f"Slot/{slot['id']}"}],
        "start": slot["start"],
        "end": slot["end"],
        "participant": [{"actor": {"reference": each}, "status": "accepted"} for each in people],
        "comment": "zapis telefoniczny",
    }


def _code(reply: str) -> str:
    """What we call this answer at RCPT."""
    plain, enhanced = reply.split(" ")[:2]
    return f"rejected.smtp.{enhanced if enhanced[:2] in {'4.', '5.'} else plain}"


def test_all_that_was_to_go_wrong_went_wrong(faults: Faults) -> None:
    ended, servers = faults.ended, faults.ended.verdict.servers
    assert {each["reply"] for each in ended.refused} == set(REFUSALS), ended.folder
    submits = len(ended.throttled) + servers["texts"]
    # Each text that is taken makes the next come sooner, so the bound is met again and again, and not often.
    assert len(ended.throttled) * 12 >= submits, f"{len(ended.throttled)} of {submits} in {ended.folder}"
    assert servers["booking_faults_left"] == [], ended.folder
    assert servers["scanners_fetched"].keys() == {"GET 200", "HEAD 200"}, servers["scanners_fetched"]
    assert set(oddities.FAULTY_SLOTS) | {"taken", "schedule out of use"} == faults.planted.faulty.keys()


def test_scanners_were_at_every_link(faults: Faults) -> None:
    mails = {each["id"] for each in faults.of("message") if each["channel"] == "email" and each["sent_at"]}
    links = [each for each in faults.of("link") if each["message_id"] in mails]
    assert len(links) == 3 * len(mails) > 0
    missed = [each["kind"] for each in links if each["prefetched"] < 4]
    assert not missed, f"{missed} in {faults.ended.folder}"


def test_no_scanner_opens_a_mail(faults: Faults) -> None:
    by_people = {each["message"] for each in faults.notes if each["kind"] == "opened"}
    opened = {each["provider_ref"] for each in faults.of("message") if each["opened_at"]}
    assert opened, faults.ended.folder
    assert opened <= by_people, f"{len(opened - by_people)} of {len(opened)} in {faults.ended.folder}"
    opened_ids = {each["id"] for each in faults.of("message") if each["opened_at"]}
    seen = {each["message_id"] for each in faults.of("link") if each["kind"] == "pixel" and each["used_at"]}
    assert seen <= opened_ids, faults.ended.folder


def test_no_scanner_answers_or_unsubscribes(faults: Faults) -> None:
    pressed = [each for each in faults.notes if each["kind"] == "pressed" and each["status"] < 400]
    answers = faults.of("page_answer")
    assert [each["origin"] for each in answers] == ["page"] * len(pressed), faults.ended.folder
    used = Counter(each["kind"] for each in faults.of("link") if each["used_at"] is not None)
    assert used["page"] == sum(each["answer"] != "question" for each in pressed) > 0, faults.ended.folder
    assert used["unsubscribe"] == 0, faults.ended.folder
    said = Counter(each["origin"] for each in faults.of("consent_event"))
    assert said["page"] == sum(each["answer"] == "stop" for each in pressed), f"{said}"
    assert said["unsubscribe"] == 0, f"{said}"


def test_who_a_mailbox_refused_is_written_to_on_the_next_rung(faults: Faults) -> None:
    refused = {each["to"].lower(): _code(each["reply"]) for each in faults.ended.refused}
    climbed = 0
    for address, reason in refused.items():
        stopped = [
            each
            for each in faults.of("message")
            if each["patient_id"] in faults.at(address) and each["reason"] == reason
        ]
        assert stopped, f"{reason} of nobody in {faults.ended.folder}"
        for message in stopped:
            assert (message["state"], message["scope"]) == ("skipped", "rung")
            higher = _on_the_next_rung(faults, message)
            tasks = [each for each in faults.of("task") if each["journey_id"] == message["journey_id"]]
            assert higher or tasks, f"{reason}: {message['id']} in {faults.ended.folder}"
            climbed += any(each["state"] == "sent" for each in higher)
    assert climbed * 2 > len(refused), f"{climbed} of {len(refused)} in {faults.ended.folder}"


def _on_the_next_rung(faults: Faults, message: Row) -> list[Row]:
    key = ("journey_id", "node", "occurrence")
    return [
        each
        for each in faults.of("message")
        if all(each[name] == message[name] for name in key) and each["rung"] == message["rung"] + 1
    ]


def test_a_dead_address_is_remembered_and_a_full_one_is_not(faults: Faults) -> None:
    dead = {_code(each) for each in REFUSALS if each.startswith(PERMANENT)}
    kept = {each["address_digest"]: each["code"] for each in faults.of("suppression")}
    refused = [each for each in faults.of("message") if (each["reason"] or "").startswith("rejected.")]
    expected = {each["to_digest"]: each["reason"] for each in refused if each["reason"] in dead}
    assert kept == expected, faults.ended.folder
    assert set(kept.values()) == dead
    times = Counter(each["to"] for each in faults.ended.refused if each["reply"].startswith(PERMANENT))
    again = {to for to, count in times.items() if count > faults.planted.shared.get(to.lower(), 1)}
    assert not again, f"{len(again)} were tried again in {faults.ended.folder}"


def test_whoever_cannot_be_reached_at_all_is_a_task(faults: Faults) -> None:
    unreachable = {each["id"] for each in faults.of("journey") if each["outcome"] == "unreachable"}
    tasks = {each["journey_id"] for each in faults.of("task") if each["reason"] == TaskReason.UNREACHABLE}
    assert unreachable == tasks != set(), faults.ended.folder


def test_what_was_throttled_arrives_once(faults: Faults) -> None:
    numbers = {each["to"] for each in faults.ended.throttled}
    arrived = Counter(each["to"] for each in faults.ended.texts)
    for number in numbers:
        patients = faults.at(number)
        texts = [
            each
            for each in faults.of("message")
            if each["channel"] == "sms" and each["patient_id"] in patients
        ]
        assert {each["state"] for each in texts} == {"sent"}, f"{number[-4:]} in {faults.ended.folder}"
        assert {each["status"] for each in texts} <= {"delivered", "failed"}, f"{number[-4:]}"
        assert len(texts) == arrived[number], f"{number[-4:]} in {faults.ended.folder}"
    assert faults.of("health") == [], faults.ended.folder


def test_nothing_waits_for_a_deadline(faults: Faults) -> None:
    late = {Reason.DEADLINE_PASSED, Reason.DEADLINE_TOO_NEAR, Reason.CHANNEL_DOWN, Reason.CAMPAIGN_FAULTY}
    reasons = {each["reason"] for each in (*faults.of("message"), *faults.of("decision"))}
    assert not reasons & late, f"{reasons & late} in {faults.ended.folder}"
    assert {each["state"] for each in faults.of("message")} == {"sent", "skipped"}, faults.ended.folder
    sent = [each for each in faults.of("message") if each["sent_at"] is not None]
    late_ones = [each["id"] for each in sent if each["sent_at"] > each["deadline"]]
    assert not late_ones, f"{late_ones} in {faults.ended.folder}"
    mended = {TaskReason.CAMPAIGN_FAULTY, TaskReason.SEND_UNKNOWN}
    assert not mended & {each["reason"] for each in faults.of("task")}, faults.ended.folder
    # Three domains in a row may refuse one mailbox each by policy, which pauses mail until one is taken: which
    # order they come in is chance. A centre that throttles pauses nothing.
    paused = [each["dedupe"] for each in faults.of("task") if each["reason"] == TaskReason.CHANNEL_DOWN]
    assert all(each.startswith("channel_down:email:") for each in paused), faults.ended.folder


def test_no_faulty_slot_is_offered_and_its_neighbours_are(faults: Faults) -> None:
    offered = {slot["ref"] for offer in faults.of("offer") for slot in offer["slots"]}
    wrong = {kind: offered & refs for kind, refs in faults.planted.faulty.items() if offered & refs}
    assert not wrong, f"{wrong} in {faults.ended.folder}"
    starts = {_start(faults, each) for each in offered if each in faults.planted.slots}
    alone = [
        kind
        for kind, refs in faults.planted.faulty.items()
        if starts.isdisjoint(_start(faults, each) for each in refs)
    ]
    assert not alone, f"no time beside {alone} was offered in {faults.ended.folder}"


def _start(faults: Faults, ref: str) -> str:
    return str(faults.planted.slots[ref]["start"])


def test_no_time_is_told_when_it_is_too_near(faults: Faults) -> None:
    slots = {offer["id"]: offer["slots"] for offer in faults.of("offer")}
    told = [each for each in faults.of("message") if each["offer_id"] and each["sent_at"]]
    assert told, faults.ended.folder
    near = [
        (each["id"], slot["start"])
        for each in told
        for slot in slots[each["offer_id"]]
        if datetime.fromisoformat(slot["start"]) < each["claimed_at"] + timedelta(hours=6)
    ]
    assert not near, f"{near} in {faults.ended.folder}"


def test_a_booking_that_was_refused_once_is_made_or_becomes_a_task(faults: Faults) -> None:
    failed = [each for each in faults.of("booking") if each["state"] == "failed"]
    assert [each["code"] for each in failed] == ["fhir.http_422"], faults.ended.folder
    assert {each["state"] for each in faults.of("booking")} <= {"booked", "taken", "failed"}
    handed = [each["journey_id"] for each in faults.of("task") if each["reason"] == TaskReason.BOOKING_FAILED]
    assert handed == [each["journey_id"] for each in failed], faults.ended.folder


def test_doctor_names_what_a_person_must_see(faults: Faults) -> None:
    said = faults.stored.doctor
    assert said is not None
    assert said.code == 1, said
    waiting = sum(each["queue"] == "reception" for each in faults.of("task"))
    for words in (
        f"tasks: {waiting} open for reception, the oldest for",
        "nextvisit task list --queue reception",
        "sends: nothing is refused again and again, no outcome is unknown",
        "journeys: all of them move",
        "free times: cardiology: 50 or more free",
    ):
        assert words in said.out, f"{words!r} in {said.out}"
    assert "WRONG  channels" not in said.out, said.out


def test_every_promise_holds_among_faults(faults: Faults) -> None:
    promises.all_hold(faults.ended, shared=faults.planted.shared)
