"""The other side's clock is looked at where it can be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.sdk.errors import ConfigError, NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import TellsTime
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.watch import servers
from nextvisit.watch.finding import Finding, Grade
from nextvisit.watch.servers import OtherSide

pytestmark = pytest.mark.anyio


HIS = OtherSide("mis.his.settings", "fhir_r4", "mis.example:443")


class ClockedMis(FakeMis):
    """Its clock is wrong by so much; None where it tells no time."""

    apart: timedelta | None = timedelta()

    async def time(self) -> datetime | None:
        return None if self.apart is None else datetime.now(UTC) + self.apart


async def _found(apart: timedelta | None) -> Finding:
    mis = ClockedMis()
    mis.apart = apart
    assert isinstance(mis, TellsTime)
    [check] = servers.connections("mis", {"his": mis}, {"his": HIS})
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


class FailingMis(FakeMis):
    """Meets this whenever it is asked."""

    met: NextVisitError

    async def check(self) -> str:
        raise self.met


@pytest.mark.parametrize(
    ("met", "says", "do"),
    [
        (RetryLater("a.b"), "mis.example:443: a.b", "mis.example:443 runs and can be reached"),
        (RetryLater("a.b", "mis.example:443 is away"), "a.b: mis.example:443 is away", "can be reached"),
        (ProtocolError("a.b", whose="theirs"), "mis.example:443: a.b", "a proxy or a login page"),
        (ProtocolError("a.b", whose="ours"), "mis.example:443: a.b", "tell the author"),
        (Rejected("a.b"), "mis.example:443: a.b", "about our account"),
        (ConfigError("a.b", "c", place="d"), "mis.example:443: a.b: d: c", "correct mis.his.settings"),
    ],
)
async def test_what_to_do_goes_by_what_it_met(met: NextVisitError, says: str, do: str) -> None:
    mis = FailingMis()
    mis.met = met
    [check] = servers.connections("mis", {"his": mis}, {"his": HIS})
    [found] = await check.ask()
    assert (found.grade, found.says) == (Grade.WRONG, says)
    assert do in found.do
