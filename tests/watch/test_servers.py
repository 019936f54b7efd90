"""The other side's clock is looked at where it can be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.sdk.ports import TellsTime
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.watch import servers
from nextvisit.watch.finding import Finding, Grade

pytestmark = pytest.mark.anyio


class ClockedMis(FakeMis):
    """Its clock is wrong by so much; None where it tells no time."""

    apart: timedelta | None = timedelta()

    async def time(self) -> datetime | None:
        return None if self.apart is None else datetime.now(UTC) + self.apart


async def _found(apart: timedelta | None) -> Finding:
    mis = ClockedMis()
    mis.apart = apart
    assert isinstance(mis, TellsTime)
    [check] = servers.connections("mis", {"his": mis})
    [found] = await check.ask()
    return found


@pytest.mark.parametrize(
    ("apart", "says"),
    [(timedelta(hours=2), "ahead of this machine's"), (timedelta(hours=-2), "behind this machine's")],
)
async def test_a_mis_whose_clock_is_wrong_is_named(apart: timedelta, says: str) -> None:
    found = await _found(apart)
    assert found.grade is Grade.WRONG
    assert found.says.startswith("its clock is 7")
    assert found.says.endswith(f"seconds {says}")
    assert "NTP" in found.do


@pytest.mark.parametrize("apart", [timedelta(), None])
async def test_a_clock_that_agrees_or_says_nothing_is_no_fault(apart: timedelta | None) -> None:
    assert (await _found(apart)).grade is Grade.OK
