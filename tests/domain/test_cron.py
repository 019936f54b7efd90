"""A schedule is checked by what fires it, and the fault is named."""

from __future__ import annotations

import pytest

from nextvisit.domain.cron import checked_cron


@pytest.mark.parametrize(
    "text",
    [
        "0 10 * * MON-FRI",
        "*/15 8-18 1,15 * *",
        "0 0 1 JAN sun",
        "5 4 * 1-6/2 0-7",
        "0   9 * * *",
        "0 10 29 2 *",
        "0 10 31 2 MON",
        "*/60 */24 * * *",
        "0 10 * * */7",
    ],
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


@pytest.mark.parametrize(
    "text", ["*/100 * * * *", "0-59/61 * * * *", "0 */36 * * *", "0 10 */45 * *", "0 10 * * */8"]
)
def test_a_step_that_is_longer_than_its_field_would_fire_more_often_than_it_reads(text: str) -> None:
    with pytest.raises(ValueError, match=r"possible are steps up to"):
        checked_cron(text)


@pytest.mark.parametrize("text", ["0 10 31 2 *", "0 10 30 FEB *", "0 0 31 4,6,9,11 *"])
def test_what_never_fires_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="never fires"):
        checked_cron(text)
