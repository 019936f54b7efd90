"""What an SMS costs. The numbers are those of 3GPP TS 23.038."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.messages.sms import measure, segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("ж" * 70, "ucs2", 70, 1),
        ("ж" * 71, "ucs2", 71, 2),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("😀" * 36, "ucs2", 72, 2),
        ("ó", "ucs2", 1, 1),
        ("ł", "ucs2", 1, 1),
        ("äöüßÄÖÜ", "gsm7", 7, 1),
        ("", "gsm7", 0, 1),
    ],
)
def test_known_sizes(text: str, encoding: str, units: int, parts: int) -> None:
    size = measure(text)
    assert (size.encoding, size.units, size.parts) == (encoding, units, parts)


def test_no_pair_is_torn() -> None:
    assert segments("a" * 152 + "€" + "a" * 20)[0] == "a" * 152
    assert segments("ж" * 66 + "😀" + "ж" * 10)[0] == "ж" * 66


@given(st.text(alphabet="ab€ą😀{", max_size=700))
def test_parts_together_are_the_text_and_each_fits(text: str) -> None:
    cut = segments(text)
    assert "".join(cut) == text
    limit = {"gsm7": (160, 153), "ucs2": (70, 67)}[measure(text).encoding][len(cut) > 1]
    heavy = set("€{") if measure(text).encoding == "gsm7" else {"😀"}
    assert all(sum(2 if char in heavy else 1 for char in part) <= limit for part in cut)
