"""Ages, when a birth date is known to the year or the month only."""

from __future__ import annotations

from datetime import date

import pytest

from nextvisit.domain.age import age_on


@pytest.mark.parametrize(
    ("born", "day_before", "birthday"),
    [
        ("2008-03-02", date(2026, 3, 1), date(2026, 3, 2)),
        ("2008-03", date(2026, 3, 30), date(2026, 3, 31)),
        ("2008", date(2026, 12, 30), date(2026, 12, 31)),
        ("2008-02-29", date(2026, 2, 28), date(2026, 3, 1)),
        ("2008-02", date(2026, 2, 28), date(2026, 3, 1)),
    ],
)
def test_nobody_is_a_year_older_before_the_last_day_that_may_be_the_birthday(
    born: str, day_before: date, birthday: date
) -> None:
    assert (age_on(born, day_before), age_on(born, birthday)) == (17, 18)
