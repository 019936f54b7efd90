"""What an operator may say about a connection."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

import nextvisit_mis_fhir_r4
from nextvisit.sdk.capabilities import RecordKind
from nextvisit_mis_fhir_r4 import FhirR4Settings


@pytest.mark.parametrize("zone", ["Warsaw", "", "../etc", "CET+1"])
def test_a_zone_is_one_of_the_tz_database(zone: str) -> None:
    with pytest.raises(ValidationError, match="IANA"):
        FhirR4Settings(base_url="https://mis.example/fhir", zone=zone)


def test_http_to_another_machine_wants_a_word_in_the_settings() -> None:
    with pytest.raises(ValidationError, match="in the clear"):
        FhirR4Settings(base_url="http://mis.example/fhir")
    allowed = FhirR4Settings(base_url="http://mis.example/fhir", plain_http=True)
    assert allowed.destination.in_the_clear
    assert not FhirR4Settings(base_url="http://127.0.0.1/fhir").destination.in_the_clear


def test_a_password_in_the_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="must not hold"):
        FhirR4Settings(base_url="https://" + "me:word@mis.example/fhir")


def test_where_appointments_are_not_read_none_is_booked() -> None:
    (plugin,) = nextvisit_mis_fhir_r4.mis_adapters()
    assert plugin.with_settings is not None
    whole = plugin.with_settings(FhirR4Settings(base_url="https://mis.example/fhir"))
    usual = frozenset({RecordKind.PATIENT, RecordKind.CONSENT, RecordKind.APPOINTMENT})
    assert (whole.books, whole.reads) == (True, usual)
    visits = FhirR4Settings(base_url="https://mis.example/fhir", resources=("Patient", "Encounter"))
    left = plugin.with_settings(visits)
    assert (left.books, left.cancels, left.lists) == (False, False, True)
    assert left.reads == {RecordKind.PATIENT, RecordKind.APPOINTMENT}
