"""Whether the numbers of each campaign's report agree."""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.report import Equation, Report, campaign_report
from nextvisit.watch.finding import Finding, fine, wrong


async def holding(database: Database) -> Sequence[Finding]:
    """Of all campaigns that there are, whether they run or not."""
    async with database.transaction() as tx:
        reports = [await campaign_report(tx, each.campaign) for each in await campaigns.listing(tx)]
    return _of(reports)


def of_report(report: Report) -> Sequence[Finding]:
    """Of this one alone."""
    return _of([report])


def _of(reports: Sequence[Report]) -> Sequence[Finding]:
    failing = [_failing(report, each) for report in reports for each in report.equations if not each.holds]
    return failing or fine("all of them hold")


def _failing(report: Report, failing: Equation) -> Finding:
    name = report.campaign
    if report.audience.idle == "nobody_in_segment" and failing.left == failing.right:
        return wrong(
            "equation.nobody",
            f"{name} has fired, and its segment held nobody: numbers that agree prove nothing",
            where=name,
            touches=f"whoever {name} was meant for",
            do="see `nextvisit campaign plan`, whether its segment says whom you mean, and `mis status`",
        )
    return wrong(
        "equation.broken",
        f"{name}: {failing.name} does not hold, as {failing.left} is not {failing.right}",
        where=name,
        touches=f"patients of {name} whom it lost or counted twice",
        do=f"`nextvisit campaign pause {name}`, and report this line: it is a fault of NextVisit",
    )
