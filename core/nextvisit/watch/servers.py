"""Whether servers answer: the database with its keys, each MIS, each provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import ConfigError, NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import Channel, MisAdapter, TellsTime
from nextvisit.store.base.engine import Database
from nextvisit.store.vitals import session_settings
from nextvisit.store.vitals.heartbeats import APART
from nextvisit.store.vitals.session_settings import SessionSettings
from nextvisit.watch.finding import Check, Finding, fine, informs, wrong
from nextvisit.watch.machine import wrong_clock

_MOST_NAMED = 5


async def database(database: Database) -> Sequence[Finding]:
    """Without an open key ring nobody could be asked at all."""
    async with database.transaction() as tx:
        keys = len(tx.vault.payload_keys())
        given = await session_settings.given(tx)
    opened = f"{keys} payload key{'s' if keys > 1 else ''}"
    return [
        *fine(f"answers, schema is current, root key opens the ring ({opened})"),
        *map(_given, given),
    ]


def _given(those: SessionSettings) -> Finding:
    """A hospital may have given them itself; whoever has a role's password may have given that role's."""
    whose = [those.role and f"ROLE {those.role}", those.database and f"DATABASE {those.database}"]
    target = " IN ".join(each for each in whose if each)
    named = ", ".join(those.names[:_MOST_NAMED])
    more = f" and {len(those.names) - _MOST_NAMED} more" if those.names[_MOST_NAMED:] else ""
    return informs(
        "database.settings_given",
        f"sessions of {target or 'ROLE ALL'} begin with settings of their own: {named}{more}",
        do=(
            "see who gave them, and why: whoever has a role's password can. An administrator takes them back"
            f" by `ALTER {target or 'ROLE ALL'} RESET ALL`, as `nextvisit up` does at its start"
        ),
    )


@dataclass(frozen=True, slots=True)
class OtherSide:
    """Whom a connection speaks to. settings: where they stand. plugin: by which. at: host and port."""

    settings: str
    plugin: str
    at: str | None

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.at or f"the server of {self.settings}"

    def says(self, error: NextVisitError) -> str:
        """What it met, and where."""
        return str(error) if self.at is None or self.at in str(error) else f"{self.at}: {error}"

    def what_to_do(self, error: NextVisitError) -> str:
        """About what it met: each kind is another person's."""
        match error:
            case RetryLater():
                reach = f"see whether {self.name} runs and can be reached from here"
                return f"{reach}; if it answers, its own log says what it fails at"
            case ProtocolError(whose="theirs"):
                return (
                    f"{self.name} answers, but not as {self.plugin} expects: see whether the address in"
                    f" {self.settings} is right, and whether a proxy or a login page stands before it"
                )
            case Rejected():
                return f"ask those who run {self.name} about our account, or correct {self.settings}"
            case ConfigError():
                return f"correct {self.settings}, or what it names there"
        return f"tell the author of what `nextvisit plugins` names for {self.plugin}"


def connections(
    kind: Literal["mis", "channel"],
    those: Mapping[str, MisAdapter] | Mapping[str, Channel],
    others: Mapping[str, OtherSide],
) -> Sequence[Check]:
    """One each."""
    return [
        Check(
            f"{kind} {slug}",
            "connection",
            partial(_connection, each, others[slug]),
            do=others[slug].what_to_do(RetryLater("no_answer")),
            where=slug,
        )
        for slug, each in those.items()
    ]


async def _connection(asked: MisAdapter | Channel, other: OtherSide) -> Sequence[Finding]:
    try:
        answers = await asked.check()
        found = await _clock(asked) if isinstance(asked, TellsTime) else ()
    except NextVisitError as error:
        return [wrong("server.unanswered", other.says(error), do=other.what_to_do(error))]
    return found or fine(answers)


async def _clock(asked: TellsTime) -> Sequence[Finding]:
    """Nothing, unless its clock was apart from ours all the while that it took to answer."""
    asked_at = SystemClock().now()
    theirs = await asked.time()
    if theirs is None or asked_at - APART <= theirs <= SystemClock().now() + APART:
        return []
    touches = "what changed there is read late, and its times are taken for others"
    return [wrong_clock("its clock", theirs - asked_at, "this machine's", touches=touches)]
