"""The other side's clock is looked at where it can be asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from nextvisit.onebox.postgres_setup import APP
from nextvisit.sdk.errors import ConfigError, NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import TellsTime
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.watch import servers
from nextvisit.watch.doctor import examine
from nextvisit.watch.finding import Finding, Grade
from nextvisit.watch.servers import OtherSide
from tests.postgres import DatabaseUrls

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


async def test_what_sessions_begin_with_is_named_with_who_takes_it_back(
    database: Database, database_urls: DatabaseUrls
) -> None:
    """On a server of the hospital's own nobody takes it back by itself."""
    (found,) = await servers.database(database)
    assert found.grade is Grade.OK
    name = make_url(database_urls.app).database
    with psycopg.connect(database_urls.app, autocommit=True) as other:
        for setting in ("application_name = 'secret'", "bytea_output = escape", "work_mem = '64kB'"):
            other.execute(f"ALTER ROLE {APP} IN DATABASE {name} SET {setting}")
        for setting in ("synchronous_commit = off", "jit = off", "enable_sort = off"):
            other.execute(f"ALTER ROLE {APP} IN DATABASE {name} SET {setting}")
    with psycopg.connect(database_urls.owner, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} SET lock_timeout = 1")
    fine, of_role, of_all = await servers.database(database)
    assert (fine.grade, of_role.grade, of_all.grade) == (Grade.OK, Grade.INFORMS, Grade.INFORMS)
    assert f"ROLE {APP} IN DATABASE {name} begin with" in of_role.says
    named = "application_name, bytea_output, enable_sort, jit, synchronous_commit and 1 more"
    assert of_role.says.endswith(f"settings of their own: {named}")
    assert "secret" not in of_role.says
    assert f"`ALTER ROLE {APP} IN DATABASE {name} RESET ALL`" in of_role.do
    assert of_all.says == f"sessions of DATABASE {name} begin with settings of their own: lock_timeout"
    assert f"`ALTER DATABASE {name} RESET ALL`" in of_all.do


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


class SilentMis(FakeMis):
    """Never answers."""

    async def check(self) -> str:
        await asyncio.Event().wait()
        raise AssertionError


async def test_who_never_answers_is_named_with_how_long_it_was_waited_for() -> None:
    checks = servers.connections(
        "mis", {"silent": SilentMis(), "his": FakeMis()}, {"silent": HIS, "his": HIS}
    )
    silent, his = await examine(checks, timedelta(seconds=1))
    [found] = silent.findings
    assert (silent.what, found.says) == ("mis silent", "no answer within 1 seconds")
    assert found.do.startswith("see whether mis.example:443 runs")
    assert his.ok
