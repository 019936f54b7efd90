"""`end`: the journey is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from nextvisit.flow.engine.moves import Turn, finish
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import NodeId, Outcome, State
from nextvisit.flow.grammar.lowering import END, HANDED_OVER
from nextvisit.flow.grammar.steps import StepPart

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class EndStep(StepPart):
    verb: ClassVar[str] = "end"

    end: None = None

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object] | None:
        del word  # no other comes this far
        return {"end": None}

    def lower(self, spot: Spot) -> EndNode:
        del spot
        return EndNode(Outcome.COMPLETED)


@dataclass(frozen=True, slots=True)
class EndNode(Node):
    outcome: Outcome

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        del program, at
        return finish(state, self.outcome)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ()


ENDS: Mapping[NodeId, Node] = {END: EndNode(Outcome.COMPLETED), HANDED_OVER: EndNode(Outcome.HANDED_OVER)}
"""The ends that every campaign has."""
