"""One server, whatever it is called."""

from __future__ import annotations

import pytest

from nextvisit_mis_fhir_r4.address import Address

ADDRESS = Address("https://mis.example/fhir", ("http://app.example:8080/r4",))


@pytest.mark.parametrize(
    "link",
    [
        "https://mis.example/fhir/Patient/1",
        "https://mis.example:443/fhir/Patient/1",
        "HTTPS://MIS.Example/fhir/Patient/1",
        "https://mis.example./fhir/Patient/1",
        "http://app.example:8080/r4/Patient/1",
        "http://APP.example:8080/r4/Patient/1",
        "Patient/1",
    ],
)
def test_every_name_of_the_server_leads_to_it(link: str) -> None:
    assert ADDRESS.own(link) == "https://mis.example/fhir/Patient/1"
    assert ADDRESS.below(link) == "Patient/1"


@pytest.mark.parametrize(
    "link",
    [
        "http://mis.example/fhir/Patient/1",
        "https://mis.example:8443/fhir/Patient/1",
        "https://mis.example.evil.example/fhir/Patient/1",
        "https://mis.example@evil.example/fhir/Patient/1",
        "http://app.example/r4/Patient/1",
        "http://app.example:8080/r4evil/Patient/1",
        "ftp://mis.example/fhir/Patient/1",
        "https://[::1/fhir",
        "https://mis.example:nonsense/fhir",
        "urn:uuid:0190",
    ],
)
def test_another_server_stays_another(link: str) -> None:
    assert ADDRESS.own(link) is None
    assert ADDRESS.below(link) is None


def test_a_place_beside_the_base_is_no_reference() -> None:
    assert ADDRESS.own("https://mis.example/other/Patient/1") == "https://mis.example/other/Patient/1"
    assert ADDRESS.below("https://mis.example/other/Patient/1") is None
