"""A number and its baseline, taken in turns so that a slow moment of the machine meets both."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Size = Literal["full", "quick", "tiny"]
"""tiny is for tests: it shows that a bench works and its numbers mean nothing."""

Round = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Target:
    """least_share: of the baseline, for what should be high. most: for what should be low."""

    least_share: float | None = None
    most: float | None = None

    @property
    def text(self) -> str:
        """As the table shows it."""
        if self.least_share is not None:
            return f">= {self.least_share:.0%}"
        return "" if self.most is None else f"<= {self.most:g}"


NO_TARGET = Target()


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over `values` and `baselines`, which were measured in turns."""

    bench: str
    what: str
    unit: str
    values: tuple[float, ...]
    against: str
    baselines: tuple[float, ...]
    target: Target = NO_TARGET

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def baseline(self) -> float:
        return statistics.median(self.baselines)

    @property
    def ratio(self) -> float:
        """The number as a share of its baseline."""
        return self.value / self.baseline

    @property
    def reached(self) -> bool | None:
        """None: nothing was aimed at."""
        if self.target.least_share is not None:
            return self.ratio >= self.target.least_share
        return None if self.target.most is None else self.value <= self.target.most

    def as_json(self) -> Mapping[str, Any]:
        """Everything, for results.json."""
        known = {"value": self.value, "baseline": self.baseline, "ratio": self.ratio, "reached": self.reached}
        return asdict(self) | known


async def in_turns(rounds: int, variants: Mapping[str, Round]) -> Mapping[str, tuple[float, ...]]:
    """Each variant once, then each again, `rounds` times; the order turns round every time."""
    taken: dict[str, list[float]] = {name: [] for name in variants}
    names = list(variants)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            taken[name].append(await variants[name]())
    return {name: tuple(values) for name, values in taken.items()}


def table(results: Sequence[Result]) -> str:
    """As Markdown, which is also readable on a terminal."""
    head = ("bench", "what", "number", "baseline", "ratio", "aim", "reached")
    rows = [head, *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(result: Result) -> tuple[str, ...]:
    reached = {True: "yes", False: "no", None: ""}[result.reached]
    return (
        result.bench,
        result.what,
        f"{_short(result.value)} {result.unit}",
        f"{_short(result.baseline)} ({result.against})",
        f"{result.ratio:.0%}",
        result.target.text,
        reached,
    )


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"
