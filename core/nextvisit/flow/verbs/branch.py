"""`branch`: the first arm whose condition held at enrolment, else the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from nextvisit.files.part import Part
from nextvisit.flow.engine.moves import Go, Turn
from nextvisit.flow.engine.program import ConditionId, Node, Program
from nextvisit.flow.engine.state import NodeId, State
from nextvisit.flow.grammar.steps import StepPart, Steps
from nextvisit.segments.file import PredicateText

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class ArmText(Part):
    """An arm of a branch; without `when` it is for all who come this far."""

    when: PredicateText | None = None
    goto: str | None = None
    steps: Steps | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.goto is None) == (self.steps is None):
            message = "write `goto` or `steps`, one of them"
            raise ValueError(message)
        return self


class BranchStep(StepPart):
    verb: ClassVar[str] = "branch"

    branch: Annotated[list[ArmText], Field(min_length=1)]

    def inner(self) -> Sequence[Sequence[StepPart] | None]:
        return [arm.steps for arm in self.branch]

    def lower(self, spot: Spot) -> BranchNode:
        arms = [self._arm(spot, arm, f"{spot.here}.branch.{index}") for index, arm in enumerate(self.branch)]
        return BranchNode(tuple(arms), spot.following)

    def _arm(self, spot: Spot, arm: ArmText, name: str) -> tuple[ConditionId | None, NodeId]:
        lowering = spot.lowering
        condition = None if arm.when is None else lowering.condition(name, arm.when.to_predicate())
        if arm.goto is not None:
            return condition, lowering.target(arm.goto, arm.place)
        steps = arm.steps or ()
        return condition, lowering.run(steps, prefix=f"{name}.", after=spot.following, ask=spot.ask)


@dataclass(frozen=True, slots=True)
class BranchNode(Node):
    """Takes the first arm whose condition holds (None: always), else `otherwise`."""

    arms: tuple[tuple[ConditionId | None, NodeId], ...]
    otherwise: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        del program, at
        met = (target for condition, target in self.arms if condition is None or condition in state.flags)
        return Go(state, next(met, self.otherwise))

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return tuple((target, False) for target in (*(target for _, target in self.arms), self.otherwise))

    def choices(self) -> tuple[tuple[ConditionId | None, str], ...]:
        return (*self.arms, (None, self.otherwise))
