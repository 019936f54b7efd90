"""`wait_for: reply`: the next reply is matched against the answers of the ask that it stands in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from nextvisit.flow.engine.moves import Go, Turn, illegal, wait
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import Listening, NodeId, State
from nextvisit.flow.grammar.steps import StepPart
from nextvisit.flow.verbs.ask import AskNode

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class WaitForStep(StepPart):
    verb: ClassVar[str] = "wait_for"

    wait_for: Literal["reply"]

    def lower(self, spot: Spot) -> WaitForNode:
        if spot.ask is None:
            message = "`wait_for: reply` has to stand within the answers or the silence of an `ask`"
            spot.lowering.out.faults.append(self.place.fault_at("wait_for", message))
        return WaitForNode(spot.ask or spot.here)


@dataclass(frozen=True, slots=True)
class WaitForNode(Node):
    """Listens as `ask` does, with that ask's own silence from now on."""

    ask: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        ask = self._ask(program, state)
        return wait(replace(state, ask=self.ask), Listening, at + ask.silence_after)

    def on_timer(self, program: Program, state: State, at: datetime) -> Turn:
        del at
        return Go(state, self._ask(program, state).silence)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ((self.ask, True),)

    def _ask(self, program: Program, state: State) -> AskNode:
        node = program.nodes[self.ask]
        if not isinstance(node, AskNode):
            raise illegal(state, "listen")
        return node
