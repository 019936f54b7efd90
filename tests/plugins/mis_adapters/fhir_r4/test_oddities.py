"""Every oddity has a code that says what became of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nextvisit_mis_fhir_r4.oddities import ODDITIES, Oddities

PAGE = Path(__file__).parents[4] / "docs" / "fhir_r4.md"


def test_the_page_says_of_every_code_what_becomes_of_it() -> None:
    _, table = PAGE.read_text(encoding="utf-8").split("## Oddities")
    assert dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, flags=re.MULTILINE)) == ODDITIES


def test_a_code_that_nobody_knows_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        Oddities(None).note("name.too_long")


def test_codes_say_which_element_and_hold_no_data() -> None:
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", code) for code in ODDITIES)
