"""A metric's values by label, and labels that a hostile world cannot widen.

Every value of a label is a word of a list that we wrote, or one that the settings name. Whatever else a MIS,
a provider, a plugin or a campaign says stands together under `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

OTHER: Final = "other"
MOST_CAMPAIGNS: Final = 100
"""With labels of their own, the first by name; a site has some dozens."""

F = TypeVar("F", GaugeMetricFamily, CounterMetricFamily)
Row = tuple[tuple[str, ...], float]
"""The values of the labels, and the number."""


@dataclass(frozen=True, slots=True)
class Known:
    """What may stand in a label. connections: of the settings. campaigns: see `campaigns_of`."""

    connections: frozenset[str]
    campaigns: frozenset[str]

    def connection(self, name: str) -> str:
        """As it may stand in a label."""
        return one_of(name, self.connections)

    def campaign(self, name: str) -> str:
        """As it may stand in a label."""
        return one_of(name, self.campaigns)


def campaigns_of(names: Iterable[str]) -> frozenset[str]:
    """Those of them that have labels of their own."""
    return frozenset(sorted(set(names))[:MOST_CAMPAIGNS])


def one_of(word: str, known: Collection[str]) -> str:
    """The word, or `other`."""
    return word if word in known else OTHER


def gauge(
    name: str,
    says: str,
    labels: Sequence[str],
    rows: Iterable[Row],
    *,
    joined_by: Callable[[float, float], float] = max,
) -> GaugeMetricFamily:
    """joined_by: of rows that have the same labels, as all that is `other` has."""
    return _filled(GaugeMetricFamily(name, says, labels=labels), rows, joined_by)


def counter(name: str, says: str, labels: Sequence[str], rows: Iterable[Row]) -> CounterMetricFamily:
    """It only grows; scraped as NAME_total."""
    return _filled(CounterMetricFamily(name, says, labels=labels), rows, added)


def _filled(made: F, rows: Iterable[Row], joined_by: Callable[[float, float], float]) -> F:
    joined: dict[tuple[str, ...], float] = {}
    for values, number in rows:
        joined[values] = joined_by(joined[values], number) if values in joined else number
    for values, number in joined.items():
        made.add_metric(values, number)
    return made


def added(one: float, other: float) -> float:
    """For counts."""
    return one + other
