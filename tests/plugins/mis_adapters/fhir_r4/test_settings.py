"""What an operator may say about a connection."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from nextvisit_mis_fhir_r4 import FhirR4Settings


@pytest.mark.parametrize("zone", ["Warsaw", "", "../etc", "CET+1"])
def test_a_zone_is_one_of_the_tz_database(zone: str) -> None:
    with pytest.raises(ValidationError, match="IANA"):
        FhirR4Settings(base_url="https://mis.example/fhir", zone=zone)
