"""What the other side asks for is bounded: a message has a deadline, and a next rung."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit_workflows.runtime.pacing import LONGEST_WISH, wished

OURS = timedelta(seconds=7)


@pytest.mark.parametrize(
    ("after", "waits"),
    [
        (None, OURS),
        (timedelta(0), timedelta(0)),
        (timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(days=1), LONGEST_WISH),
        (timedelta.max, LONGEST_WISH),
        (-timedelta(days=1), timedelta(0)),
        (timedelta.min, timedelta(0)),
    ],
)
def test_a_wish_is_kept_for_an_hour_at_the_most(after: timedelta | None, waits: timedelta) -> None:
    assert wished(after, OURS) == waits
