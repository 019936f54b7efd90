"""Whether the connections that messages go out by work, as what became of their sends tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nextvisit.store.base.engine import Database
from nextvisit.store.messages import channel_health
from nextvisit.watch.finding import Finding, Grade, fine, wrong


async def working(database: Database, connections: Collection[str]) -> Sequence[Finding]:
    """Of these, those that are paused need a person; those that failed last are worth knowing.

    One that the settings no longer have carries nothing, so nobody has to see to it.
    """
    async with database.transaction() as tx:
        remembered = await channel_health.listing(tx)
    failing = {slug: health for slug, health in remembered.items() if slug in connections}
    findings = [
        wrong(
            f"{slug} is paused: its provider answers {health.code}",
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
    return findings or fine("none is paused, none failed last")
