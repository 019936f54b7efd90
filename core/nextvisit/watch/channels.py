"""Whether the connections that messages go out by work, as what became of their sends tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from nextvisit.domain.channel_health import MOST_REFUSALS
from nextvisit.store.base.engine import Database
from nextvisit.store.messages import channel_health, daily_counts
from nextvisit.store.vitals import signs
from nextvisit.store.vitals.signs import LostMessages, RefusedMessages
from nextvisit.watch.finding import Finding, Grade, fine, wrong

_DAY: Final = timedelta(days=1)


async def working(database: Database, connections: Collection[str]) -> Sequence[Finding]:
    """Of these, those that are paused need a person; those that failed last are worth knowing, and so are
    those whose provider would not have many messages of a day: one domain that holds something against us
    stands among others that do not, and pauses nothing.

    One that the settings no longer have carries nothing, so nobody has to see to it.
    """
    async with database.transaction() as tx:
        remembered = await channel_health.listing(tx)
        refused = await signs.refused(tx, tx.now - _DAY, MOST_REFUSALS)
        lost = await signs.lost(tx, tx.now - _DAY, MOST_REFUSALS)
    failing = {slug: health for slug, health in remembered.items() if slug in connections}
    findings = [
        wrong(
            f"{slug} is paused: {_who_says(health.code)} {health.code}",
            since=health.down_since,
            touches=f"all messages that go out by {slug}",
            do=f"mend what the code names, then `nextvisit channel resume {slug}`; it is tried now and then",
        )
        if health.down_since is not None
        else Finding(
            Grade.INFORMS,
            f"{slug} came to nothing {health.in_a_row} times in a row: {health.code}",
            since=health.failing_since,
        )
        for slug, health in failing.items()
    ]
    findings += [_of_refused(each) for each in refused if each.connection in connections]
    findings += [_of_lost(each) for each in lost if each.connection in connections]
    return findings or fine("none is paused, none failed last")


def _who_says(code: str | None) -> str:
    """The core gives these codes where the plugin fails, and nobody has heard of its provider."""
    return "its plugin fails with" if (code or "").startswith("plugin.") else "its provider answers"


async def today(database: Database, per_day: Mapping[str, int], zone: ZoneInfo) -> Sequence[Finding]:
    """How much of its daily limit each of these connections has had; zone: whose day it is."""
    async with database.transaction() as tx:
        used = await daily_counts.used(tx, tx.now.astimezone(zone).date())
    return [_of_day(slug, used.get(slug, 0), limit) for slug, limit in sorted(per_day.items())]


def _of_day(slug: str, used: int, limit: int) -> Finding:
    says = f"{slug} was given {used} of {limit} messages today"
    if used < limit:
        return Finding(Grade.OK, says)
    return Finding(
        Grade.INFORMS,
        says,
        touches="what else is to go out by it, which waits until tomorrow",
        do=f"nothing, if that is what its provider takes; else raise `channels.{slug}.per_day`",
    )


def _of_lost(found: LostMessages) -> Finding:
    """Most of what was taken has one cause: a picture that nobody can fetch, or a sender that is barred."""
    many = found.messages * 2 >= found.sent
    return Finding(
        Grade.WRONG if many else Grade.INFORMS,
        f"of {found.sent} messages of a day that {found.connection} took of {found.campaign},"
        f" {found.messages} were not delivered: {found.code}",
        since=found.first,
        touches="their patients, for whom the campaign goes on as its ladder says",
        do="see what the code says; if it is of the message,"
        f" `nextvisit campaign pause {found.campaign}` and mend its words or its media",
    )


def _of_refused(found: RefusedMessages) -> Finding:
    return Finding(
        Grade.INFORMS,
        f"{found.messages} messages of a day were refused to {found.connection}: {found.code}",
        since=found.first,
        touches="their patients, who were written to on the next rung or not at all",
        do="see what the code says of our sender; addresses that do not exist are remembered by themselves",
    )
