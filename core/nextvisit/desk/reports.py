"""A campaign's funnel and its equations, all of one instant."""

from __future__ import annotations

from nextvisit.desk.known import require_campaign
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.report import Report, campaign_report

__all__ = ["Report", "report"]


async def report(database: Database, campaign: str) -> Report:
    """An equation that does not hold is a fault of ours, and whoever shows the report says so.

    Raises ConfigError when there is no such campaign.
    """
    async with database.transaction() as tx:
        await require_campaign(tx, campaign)
        return await campaign_report(tx, campaign)
