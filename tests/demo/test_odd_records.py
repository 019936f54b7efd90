"""A demo in which one record in twenty is odd: what stops us stops us, and nothing else does."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from nextvisit.domain.contact_reason import Reason
from nextvisit_demo.folder import STARTS
from nextvisit_demo.stage import Stage
from nextvisit_sandbox.population.specialties import Specialty
from tests.demo import canary, oddities, promises, records
from tests.demo.driver import DemoClinic, Ended, Running, Said, cli, patiently, run_demo
from tests.demo.records import Hand, Held, Resource

FACTOR = 8640.0
PATIENTS = 400
RECALL_SHARE = 0.45
"""High, so that each oddity meets somebody who would be invited."""
ONE_IN = 20
SEED = 2026

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]


@dataclass(slots=True)
class Spoilt:
    """Who of those that would be invited is odd in what, and at which addresses each is reached.

    shared: addresses of several patients, and of how many.
    """

    spared: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    clean: set[str] = field(default_factory=set)
    addresses: dict[str, set[str]] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    slots: set[str] = field(default_factory=set)
    records: Counter[str] = field(default_factory=Counter)
    spoilt: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Shown:
    """What was seen while everything was up. arms: of those who were enrolled, by the patient's id."""

    doctor_at_once: Said | None = None
    doctor: Said | None = None
    status: Said | None = None
    arms: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Odds:
    """The ended demo, what was odd in it, and what was said of that."""

    ended: Ended
    spoilt: Spoilt
    shown: Shown


@pytest.fixture(scope="module")
def odds(demo_folder: Callable[[str], Path]) -> Odds:
    """Everything below is asked of this one."""
    spoilt, shown = Spoilt(), Shown()
    folder = demo_folder("odd")

    async def plant(stage: Stage) -> int:
        await canary.plant(stage)
        return await _spoil(stage, spoilt)

    async def disturb(running: Running) -> None:
        await running.until(running.at(0, 9))
        shown.doctor_at_once = await cli(folder, "doctor")

    async def look(running: Running) -> None:
        shown.doctor = await cli(folder, "doctor")
        shown.status = await cli(folder, "mis", "status")
        shown.arms = await _arms(running, spoilt)

    clinic = DemoClinic(PATIENTS, RECALL_SHARE, plant)
    ended = run_demo(folder, factor=FACTOR, clinic=clinic, disturb=disturb, look=look)
    return Odds(ended, spoilt, shown)


async def _spoil(stage: Stage, spoilt: Spoilt) -> int:
    """One in twenty of the records; says how many of them cannot be read at all."""
    held = await records.held(stage, "Patient", "Consent", "Appointment", "Slot")
    spoilt.records = Counter({kind: len(each) for kind, each in held.items()})
    spoilt.shared = records.shared(held["Patient"])
    inviting = _inviting(held, spoilt.shared)
    spoilt.addresses = {each["id"]: records.addresses(each) for each in inviting}
    async with records.hand(stage) as hand:
        unreadable = await _spoil_people(hand, spoilt, held, iter(inviting))
        await _spoil_the_rest(hand, spoilt, held)
    spoilt.spoilt = hand.spoilt
    return unreadable


async def _spoil_people(hand: Hand, spoilt: Spoilt, held: Held, pool: Iterator[Resource]) -> int:
    consents = {each["id"]: each for each in held["Consent"]}
    visits = {records.patient_of(each): each for each in held["Appointment"]}
    stopped = {**oddities.STOPPED, **oddities.UNREADABLE}
    for kind, forms in ((spoilt.spared, oddities.NO_STOP), (spoilt.stopped, stopped)):
        for name, odd in forms.items():
            patient = next(pool)
            kind[patient["id"]] = name
            await hand.spoil(patient, odd)
    for name, odd in {**oddities.REFUSING, **oddities.UNREADABLE_CONSENTS}.items():
        patient = next(pool)
        spoilt.stopped[patient["id"]] = name
        await hand.spoil(consents[f"consent-recall-{patient['id']}"], odd)
    unknown, nobodys = oddities.UNREADABLE_VISITS.items()
    patient = next(pool)
    spoilt.stopped[patient["id"]] = unknown[0]
    await hand.spoil(visits[patient["id"]], unknown[1])
    await hand.spoil(_an_others_visit(held, spoilt), nobodys[1])
    spoilt.clean = {each["id"] for each in pool}
    return len(oddities.UNREADABLE) + len(oddities.UNREADABLE_CONSENTS) + len(oddities.UNREADABLE_VISITS)


def _an_others_visit(held: Held, spoilt: Spoilt) -> Resource:
    """The first visit of somebody whom we expect nothing of."""
    return next(each for each in held["Appointment"] if records.patient_of(each) not in spoilt.addresses)


async def _spoil_the_rest(hand: Hand, spoilt: Spoilt, held: Held) -> None:
    """Until one in twenty is odd: visits, and of the slots as many."""
    rng = random.Random(SEED)
    people = sum(spoilt.records[kind] for kind in ("Patient", "Consent", "Appointment"))
    done = {records.patient_of(each) for each in held["Appointment"]} & spoilt.stopped.keys()
    done_too = _an_others_visit(held, spoilt)
    visits = [
        each for each in held["Appointment"] if each is not done_too and records.patient_of(each) not in done
    ]
    left = people // ONE_IN - sum(hand.spoilt.values())
    forms = cycle(oddities.SPARED_VISITS)
    for visit in rng.sample(visits, max(left, 0)):
        await hand.spoil(visit, next(forms))
    unfit = cycle(oddities.UNFIT_SLOTS)
    for slot in rng.sample(held["Slot"], spoilt.records["Slot"] // ONE_IN):
        spoilt.slots.add(f"Slot/{slot['id']}")
        await hand.spoil(slot, next(unfit))


def _inviting(held: Held, shared: Mapping[str, int]) -> list[Resource]:
    """Whom the campaign surely invites, unless something stops it, and who shares no address with anybody."""
    consents = {each["id"]: each for each in held["Consent"]}
    visits = defaultdict(list)
    for each in held["Appointment"]:
        visits[records.patient_of(each)].append(each)
    return [
        each
        for each in held["Patient"]
        if each["active"]
        and not each.keys() & {"deceasedBoolean", "deceasedDateTime", "link"}
        and _is_due(visits[each["id"]])
        and timedelta(days=365.25 * 31) < STARTS - date.fromisoformat(each["birthDate"]) < _OLDEST
        and _permits(consents.get(f"consent-recall-{each['id']}"))
        and len(records.addresses(each)) == _BOTH
        and not records.addresses(each) & shared.keys()
        and each["id"] != "patient-00001"
    ]


_OLDEST = timedelta(days=365.25 * 64)
_BOTH = 2


def _is_due(visits: Sequence[Resource]) -> bool:
    came = [each for each in visits if each["status"] == "fulfilled"]
    booked = any(each["status"] == "booked" for each in visits)
    last = max((each["start"][:10] for each in came), default="9")
    cardiology = any(_code(each["specialty"]) == Specialty.CARDIOLOGY.value.code for each in came)
    return cardiology and not booked and last < (STARTS - timedelta(days=370)).isoformat()


def _code(concepts: Sequence[Resource]) -> str:
    code: str = concepts[0]["coding"][0]["code"]
    return code


def _permits(consent: Resource | None) -> bool:
    if consent is None or consent["provision"]["type"] != "permit":
        return False
    channels = {each["coding"][0]["code"] for each in consent["provision"]["code"]}
    young = consent["dateTime"][:10] > (STARTS - timedelta(days=1000)).isoformat()
    return young and channels >= {"email", "sms"}


async def _arms(running: Running, spoilt: Spoilt) -> dict[str, str]:
    async def ask(tx: Any) -> dict[Any, str]:
        rows = (await tx.connection.execute(text("SELECT patient_id, arm FROM enrolment"))).all()
        return dict(tuple(row) for row in rows)

    arms = await patiently(running.appliance, ask)
    known = await records.known(running, spoilt.addresses)
    return {each: arms[patient] for each, patient in known.items() if patient in arms}


def _reached(odds: Odds) -> set[str]:
    """Addresses at which something arrived."""
    mails = {address.lower() for each in odds.ended.mails for address in each["to"]}
    return mails | {each["to"] for each in odds.ended.texts}


def _named(patients_of: Iterable[str], spoilt: Spoilt) -> dict[str, str]:
    names = {**spoilt.spared, **spoilt.stopped}
    return {each: names.get(each, "nothing odd") for each in patients_of}


def test_one_record_in_twenty_is_odd(odds: Odds) -> None:
    records, spoilt = odds.spoilt.records, odds.spoilt.spoilt
    assert sum(spoilt.values()) * ONE_IN >= sum(records.values()) - 2 * ONE_IN, (records, spoilt)
    assert len(odds.spoilt.clean) >= 10, odds.spoilt.clean


def test_nobody_is_written_to_whom_an_odd_record_stops(odds: Odds) -> None:
    reached = _reached(odds)
    wrong = [each for each in odds.spoilt.stopped if odds.spoilt.addresses[each] & reached]
    assert not wrong, f"{_named(wrong, odds.spoilt)} in {odds.ended.folder}"


def test_who_is_odd_in_nothing_that_stops_is_invited_like_the_others(odds: Odds) -> None:
    expected = odds.spoilt.spared.keys() | odds.spoilt.clean
    left_out = expected - odds.shown.arms.keys()
    assert not left_out, f"not enrolled: {_named(left_out, odds.spoilt)} in {odds.ended.folder}"
    reached = _reached(odds)
    contacted = {each for each in expected if odds.shown.arms[each] == "contacted"}
    silent = [each for each in contacted if not odds.spoilt.addresses[each] & reached]
    assert not silent, f"not written to: {_named(silent, odds.spoilt)} in {odds.ended.folder}"
    assert len(contacted & odds.spoilt.spared.keys()) >= 15, odds.ended.folder


def test_no_slot_is_booked_that_nobody_may_be_offered(odds: Odds) -> None:
    ours = [each for each in odds.ended.appointments if each["id"].startswith("new-")]
    by_us = [each for each in ours if each.get("comment") != "zapis telefoniczny"]
    assert by_us, odds.ended.folder
    booked = {slot["reference"] for each in by_us for slot in each["slot"]}
    assert not booked & odds.spoilt.slots, odds.ended.folder


def test_nothing_waits_for_a_deadline(odds: Odds) -> None:
    skipped = odds.ended.verdict.report.skipped
    assert not skipped.keys() & {Reason.DEADLINE_PASSED, Reason.DEADLINE_TOO_NEAR}, f"{skipped}"


def test_doctor_names_whom_something_unreadable_holds(odds: Odds) -> None:
    said = odds.shown.doctor
    assert said is not None
    assert said.code == 1, said
    held = len(oddities.UNREADABLE_CONSENTS) + 1  # of the Patients themselves we have nothing to hold
    for words in (
        f"{held} patients are not written to: something about them could not be read",
        "parked as entry.damaged",
        "parked as status.unknown",
        "parked as consent.unknown_purpose",
        "nextvisit inbox list",
    ):
        assert words in said.out, said.out


def test_status_names_what_was_left_out(odds: Odds) -> None:
    at_once, status = odds.shown.doctor_at_once, odds.shown.status
    assert at_once is not None
    assert status is not None
    assert "left out since yesterday: " in at_once.out, at_once
    for words in (
        *("birth date: with time", "birth date: malformed", "gender: malformed", "rank: malformed"),
        *("period: malformed", "telecom: malformed", "language: malformed", "name: malformed"),
        *("last updated: malformed", "version: malformed", "link: malformed", "security: malformed"),
        *("deceased: malformed", "active: malformed", "status: malformed", "identifier: malformed"),
        *("contact: malformed", "address: malformed", "instant: no zone"),
    ):
        assert words in status.out, f"{words!r} in {status.out}"


def test_every_promise_holds_among_odd_records(odds: Odds) -> None:
    promises.all_hold(odds.ended, shared=odds.spoilt.shared)
