"""`wait`: goes on after a span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from nextvisit.flow.engine.moves import Go, Turn, wait
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import NodeId, State, Waiting
from nextvisit.flow.grammar.steps import ThenPart
from nextvisit.segments.file import FixedSpanText

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class WaitStep(ThenPart):
    verb: ClassVar[str] = "wait"

    wait: FixedSpanText

    def lower(self, spot: Spot) -> WaitNode:
        return WaitNode(self.wait.to_timedelta(), spot.following)


@dataclass(frozen=True, slots=True)
class WaitNode(Node):
    lasts: timedelta
    next: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        del program
        return wait(state, Waiting, at + self.lasts)

    def on_timer(self, program: Program, state: State, at: datetime) -> Turn:
        del program, at
        return Go(state, self.next)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ((self.next, True),)
