"""`task`: staff is asked; goes on when the task is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from nextvisit.files.part import Slug
from nextvisit.flow.engine.effects import CreateTask
from nextvisit.flow.engine.events import Result, TaskCreated
from nextvisit.flow.engine.moves import Go, Turn, act, illegal, occurrence
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import NodeId, State
from nextvisit.flow.grammar.steps import ThenPart

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class TaskStep(ThenPart):
    verb: ClassVar[str] = "task"
    hands_over: ClassVar[bool] = True

    task: Slug

    def lower(self, spot: Spot) -> TaskNode:
        return TaskNode(self.task, spot.following)


@dataclass(frozen=True, slots=True)
class TaskNode(Node):
    queue: str
    next: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        del program, at
        return act(state, CreateTask(state.node, occurrence(state), self.queue, state.reason))

    def on_result(self, program: Program, state: State, event: Result) -> Turn:
        del program
        if not isinstance(event, TaskCreated):
            raise illegal(state, event.kind)
        return Go(state, self.next)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ((self.next, False),)
