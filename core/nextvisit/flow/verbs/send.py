"""`send`: a message that climbs the ladder; then the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Opened, Result
from nextvisit.flow.engine.ladder import begin_message, on_send_news, on_send_result, on_send_timer
from nextvisit.flow.engine.moves import Go, Turn, illegal
from nextvisit.flow.engine.program import ConditionId, Node, Program, Variant
from nextvisit.flow.engine.state import Climbing, NodeId, State
from nextvisit.flow.grammar.steps import ThenPart, Variants
from nextvisit.sdk.records import Purpose

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class SendStep(ThenPart):
    verb: ClassVar[str] = "send"

    send: Variants
    purpose: Purpose | None = None

    def lower(self, spot: Spot) -> SendNode:
        variants = spot.lowering.variants(self.send, f"{spot.here}.send")
        return SendNode(variants, spot.following, self.purpose)


@dataclass(frozen=True, slots=True)
class SendNode(Node):
    variants: tuple[Variant, ...]
    next: NodeId
    own_purpose: Purpose | None = None

    def purpose(self, program: Program) -> Purpose:
        return self.own_purpose or program.purpose

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        return begin_message(program, state, at, self.variants)

    def on_result(self, program: Program, state: State, event: Result) -> Turn:
        return on_send_result(program, state, event, self.variants)

    def on_timer(self, program: Program, state: State, at: datetime) -> Turn:
        turn = on_send_timer(program, state, at, self.variants)
        if turn is None:
            raise illegal(state, "timer")
        return turn

    def on_news(self, program: Program, state: State, event: Delivered | Opened | DeliveryFailed) -> Turn:
        climbs = isinstance(state.phase, Climbing)
        return on_send_news(program, state, event, self.variants, climbs_again=climbs)

    def after_climb(self, state: State, at: datetime) -> Turn:
        del at
        return Go(state, self.next)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ((self.next, False),)

    def choices(self) -> tuple[tuple[ConditionId | None, str], ...]:
        return tuple((variant.condition, variant.template) for variant in self.variants)
