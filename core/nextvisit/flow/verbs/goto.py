"""`goto`: goes to a step by its id. Beside another verb it says where to go afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from nextvisit.flow.engine.moves import Go, Turn
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import NodeId, State
from nextvisit.flow.grammar.steps import StepPart

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class GotoStep(StepPart):
    verb: ClassVar[str] = "goto"

    goto: str

    def lower(self, spot: Spot) -> GotoNode:
        return GotoNode(spot.lowering.target(self.goto, self.place))


@dataclass(frozen=True, slots=True)
class GotoNode(Node):
    next: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        del program, at
        return Go(state, self.next)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ((self.next, False),)
