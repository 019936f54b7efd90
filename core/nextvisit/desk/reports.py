"""A campaign's funnel and its equations, all of one instant."""

from __future__ import annotations

from nextvisit.desk.known import require_campaign
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.report import Costs, Equation, Report, Term, campaign_report

__all__ = ["Report", "cost_lines", "equation_line", "report"]


async def report(database: Database, campaign: str) -> Report:
    """An equation that does not hold is a fault of ours, and whoever shows the report says so.

    Raises ConfigError when there is no such campaign.
    """
    async with database.transaction() as tx:
        await require_campaign(tx, campaign)
        return await campaign_report(tx, campaign)


def equation_line(equation: Equation) -> str:
    """Whether it holds, and each of its terms with its number."""
    left, *right = equation.terms
    return f"{'holds' if equation.holds else 'FAILS'}  {_term(left)} = {' + '.join(map(_term, right))}"


def cost_lines(costs: Costs) -> list[str]:
    """A line of each currency, and one of what has no price, where others have; none where none has."""
    lines = [f"cost {amount} {currency}" for currency, amount in sorted(costs.by_currency.items())]
    if lines and costs.unpriced:
        lines.append(f"without a price: {costs.unpriced} of {costs.priced + costs.unpriced} that went out")
    return lines


def _term(term: Term) -> str:
    reasons = ", ".join(f"{reason} {number}" for reason, number in sorted(term.reasons.items()))
    return f"{term.name} {term.number}{f' ({reasons})' if reasons else ''}"
