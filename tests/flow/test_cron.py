"""Cron expressions are checked before a schedule is made of them."""

from __future__ import annotations

import pytest

from nextvisit.flow.language.cron import checked_cron


@pytest.mark.parametrize(
    "text", ["0 10 * * MON-FRI", "*/15 8-18 1,15 * *", "0 0 1 JAN sun", "5 4 * 1-6/2 0-7", "0   9 * * *"]
)
def test_what_a_schedule_understands_passes(text: str) -> None:
    assert checked_cron(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "* * * * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * FRY",
     "0 0 * * FRI-MON", "*/0 * * * *", "0 18-8 * * *", "a * * * *", "@daily", "0 0 * MON *"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"five fields|possible are"):
        checked_cron(text)
