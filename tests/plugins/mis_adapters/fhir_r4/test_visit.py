"""Appointments and Encounters: whose visit it is, when, and whether it is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nextvisit.sdk.records import Appointment, AppointmentStatus, Deleted, MisEvent, MisRef, Unreadable
from tests.plugins.mis_adapters.fhir_r4.resources import codes, encounter, page, parse, read, visit

CLASSES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def one_visit(events: list[MisEvent]) -> Appointment:
    """The visit, which is the first thing said."""
    assert isinstance(events[0], Appointment), events
    return events[0]


def test_an_appointment_is_read() -> None:
    coding = [{"coding": [{"system": "http://snomed.info/sct", "code": "394579002"}]}]
    identifier = [{"system": "urn:nextvisit:booking", "value": "b-1"}]
    (record,) = read(visit(specialty=coding, identifier=identifier))
    assert isinstance(record, Appointment)
    assert record.start == datetime(2026, 6, 1, 7, tzinfo=UTC)
    assert (record.patient, record.practitioner) == ("Patient/p1", "Practitioner/d1")
    assert (record.specialty, record.booking) == ("cardiology", "b-1")


def test_an_unknown_status_is_not_guessed() -> None:
    (record,) = read(visit(status="bogus"))
    assert isinstance(record, Unreadable)
    assert (record.ref, record.reason, record.version) == ("Appointment/a1", "status.unknown", "3")
    assert (record.patient, record.updated_at) == ("Patient/p1", datetime(2026, 5, 1, 10, tzinfo=UTC))


def test_a_reference_that_nobody_can_keep_costs_its_visit_alone() -> None:
    people = [{"actor": {"reference": "Patient/p\x001"}, "status": "accepted"}]
    events = parse(page(visit(status="bogus", participant=people), visit(id="a2")))
    assert [type(one) for one in events] == [Unreadable, Appointment]


def participant(name: str, **more: Any) -> dict[str, Any]:
    """A patient who takes part."""
    return {"actor": {"reference": f"Patient/{name}"}, **more}


def test_a_group_has_a_visit_for_each() -> None:
    people = [participant("p1"), participant("p2", status="declined"), participant("p3")]
    people += [participant("p4", required="information-only"), participant("p1", status="declined")]
    found = [one for one in read(visit(participant=people)) if isinstance(one, Appointment)]
    assert [(one.patient, one.status.value) for one in found] == [
        ("Patient/p1", "booked"),
        ("Patient/p2", "cancelled"),
        ("Patient/p3", "booked"),
        ("Patient/p4", "cancelled"),
    ]
    assert {(one.ref, one.version) for one in found} == {("Appointment/a1", "3")}


def test_who_declined_what_was_an_error_is_in_no_other_state() -> None:
    people = [participant("p1", status="declined")]
    record = one_visit(read(visit(participant=people, status="entered-in-error")))
    assert record.status is AppointmentStatus.ENTERED_IN_ERROR


def test_a_group_that_cannot_be_read_names_everybody() -> None:
    found = read(visit(status="bogus", participant=[participant("p1"), participant("p2")]))
    assert [one.patient for one in found if isinstance(one, Unreadable)] == ["Patient/p1", "Patient/p2"]


def test_an_appointment_of_no_patient_is_no_visit() -> None:
    others = [{"actor": {"reference": "Practitioner/d1"}}, {"actor": {"reference": "Location/9"}}]
    events = read(visit(participant=others))
    assert events[0] == Deleted(MisRef("Appointment/a1"))
    assert codes(events) == ["appointment.no_patient"]


@pytest.mark.parametrize(
    "actor", [None, {}, {"display": "Anna"}, {"reference": "https://x.example/Patient/1"}]
)
def test_whether_a_patient_is_meant_is_not_guessed(actor: Any) -> None:
    (record, *_) = read(visit(participant=[{"actor": actor}]))
    assert isinstance(record, Unreadable)
    assert record.reason == "patient.missing"


def test_a_time_without_a_zone_is_left_out_unless_the_connection_has_one() -> None:
    resource = visit(start="2026-06-01T09:00:00", end="2026-06-01T09:30:00+02:00")
    without, within = read(resource), read(resource, zone="Europe/Warsaw")
    assert (one_visit(without).start, codes(without)) == (None, ["instant.no_zone"])
    assert one_visit(without).end == datetime(2026, 6, 1, 7, 30, tzinfo=UTC)
    assert one_visit(within).start == datetime(2026, 6, 1, 7, tzinfo=UTC)
    assert codes(within) == ["instant.zone_assumed"]


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"start": "soon"}, "start.malformed"),
        ({"end": 7}, "end.malformed"),
        ({"specialty": "cardiology"}, "specialty.malformed"),
        ({"identifier": 7}, "identifier.malformed"),
        ({"participant": [participant("p1"), {"actor": 7}]}, "participant.malformed"),
        (
            {"participant": [participant("p1"), {"actor": {"reference": "Practitioner/\x00"}}]},
            "practitioner.malformed",
        ),
    ],
)
def test_an_odd_element_does_not_cost_the_visit(odd: dict[str, Any], code: str) -> None:
    events = read(visit(**odd))
    assert one_visit(events).patient == "Patient/p1"
    assert code in codes(events)


def test_a_practitioner_is_found_behind_a_role_that_came_along() -> None:
    role = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/d2"}}
    people = [participant("p1"), {"actor": {"reference": "PractitionerRole/r1"}}]
    inside = [participant("p1"), {"actor": {"reference": "#r1"}}]
    beside = read(visit(participant=people), role)
    contained = read(visit(participant=inside, contained=[role]))
    nowhere = read(visit(participant=people))
    assert one_visit(beside).practitioner == "Practitioner/d2"
    assert one_visit(contained).practitioner == "Practitioner/d2"
    assert (one_visit(nowhere).practitioner, codes(nowhere)) == (None, ["practitioner.unresolved"])


@pytest.mark.parametrize(
    ("status", "ours"),
    [("finished", AppointmentStatus.FULFILLED), ("planned", AppointmentStatus.BOOKED)],
)
def test_an_encounter_is_a_visit(status: str, ours: AppointmentStatus) -> None:
    (record,) = read(encounter(status=status))
    assert isinstance(record, Appointment)
    assert (record.ref, record.status, record.appointment, record.stay) == ("Encounter/e1", ours, None, False)


def test_an_encounter_stands_for_its_appointment() -> None:
    record = one_visit(read(encounter(appointment=[{"reference": "Appointment/a1"}])))
    assert (record.ref, record.appointment) == ("Encounter/e1", "Appointment/a1")


@pytest.mark.parametrize(
    "appointment", [[{"display": "x"}], "Appointment/a1", [{"reference": "https://x.example/Appointment/1"}]]
)
def test_an_encounter_whose_appointment_cannot_be_read_stands_for_itself(appointment: Any) -> None:
    events = read(encounter(appointment=appointment))
    assert one_visit(events).appointment is None
    assert codes(events) == ["appointment.malformed"]


@pytest.mark.parametrize(
    ("code", "stay"),
    [
        *((code, True) for code in ("IMP", "ACUTE", "NONAC", "OBSENC", "SS", "EMER")),
        *((code, False) for code in ("AMB", "HH", "VR", "FLD", "PRENC")),
    ],
)
def test_a_stay_in_hospital_is_no_visit(code: str, stay: bool) -> None:
    assert one_visit(read(encounter(**{"class": {"system": CLASSES, "code": code}}))).stay is stay


def test_an_encounter_that_says_not_when_it_was_is_as_old_as_its_end_or_its_last_change() -> None:
    ended = read(encounter(period={"end": "2026-04-02T10:00:00Z"}))
    changed = read(encounter(period=None))
    planned = read(encounter(period=None, status="planned"))
    assert (one_visit(ended).start, codes(ended)) == (datetime(2026, 4, 2, 10, tzinfo=UTC), [])
    assert one_visit(changed).start == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert codes(changed) == ["period.assumed"]
    assert one_visit(planned).start is None


def test_an_encounter_of_a_group_or_of_an_unknown_state_is_not_guessed() -> None:
    group = read(encounter(subject={"reference": "Group/g1"}))
    (unknown,) = read(encounter(status="unknown"))
    assert group[0] == Deleted(MisRef("Encounter/e1"))
    assert codes(group) == ["encounter.no_patient"]
    assert isinstance(unknown, Unreadable)
    assert (unknown.reason, unknown.patient) == ("status.unknown", "Patient/p1")


def test_an_unreadable_visit_reads_alone_as_on_its_page() -> None:
    (record,) = read(visit(status="bogus"))
    assert isinstance(record, Unreadable)
    assert record.alone is not None
    assert parse(record.alone) == [record]
    assert len(record.alone) < len(page(visit(status="bogus"))) + 100
