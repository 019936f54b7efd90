"""`ask`: a message that climbs the ladder; then listens for answers, or for silence to last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from nextvisit.files.part import Part, Place, Slug
from nextvisit.flow.engine.answering import UNANSWERABLE
from nextvisit.flow.engine.events import Delivered, DeliveryFailed, Opened, Result
from nextvisit.flow.engine.ladder import begin_message, on_send_news, on_send_result, on_send_timer
from nextvisit.flow.engine.moves import Go, Turn, wait
from nextvisit.flow.engine.program import ConditionId, Node, Program, Variant
from nextvisit.flow.engine.state import Climbing, Listening, NodeId, State
from nextvisit.flow.grammar.steps import StepPart, Steps, Variants
from nextvisit.sdk.replies import Intent
from nextvisit.segments.file import FixedSpanText

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


class Silence(Part):
    """What to do when nothing is heard for `after`; nothing given: the next step."""

    after: FixedSpanText
    goto: str | None = None
    steps: Steps | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.goto is not None and self.steps is not None:
            message = "write `goto` or `steps`, not both"
            raise ValueError(message)
        return self


class AskBlock(Part):
    id: Slug | None = None
    message: Variants
    answers: dict[Intent, Steps] = Field(default_factory=dict)
    silence: Silence


class AskStep(StepPart):
    verb: ClassVar[str] = "ask"

    ask: AskBlock

    @property
    def name(self) -> str | None:
        return self.id or self.ask.id

    @property
    def named_at(self) -> Place:
        return self.place if self.id else self.ask.place

    def inner(self) -> Sequence[Sequence[StepPart] | None]:
        return (*self.ask.answers.values(), self.ask.silence.steps)

    def lower(self, spot: Spot) -> AskNode:
        block, here, lowering = self.ask, spot.here, spot.lowering
        answers = {
            intent: lowering.run(steps, prefix=f"{here}.answers.{intent}.", after=spot.end, ask=here)
            for intent, steps in block.answers.items()
        }
        for intent in sorted(UNANSWERABLE & answers.keys()):
            message = f"`{intent}` always ends the journey and cannot be answered by a campaign; remove it"
            place = next((step.place for step in block.answers[intent]), block.place)
            lowering.out.faults.append(place.fault_at("answers", message))
        variants = lowering.variants(block.message, f"{here}.message")
        return AskNode(variants, answers, block.silence.after.to_timedelta(), self._silence(spot))

    def _silence(self, spot: Spot) -> NodeId:
        silence = self.ask.silence
        if silence.goto is not None:
            return spot.lowering.target(silence.goto, silence.place)
        if silence.steps is None:
            return spot.following
        prefix = f"{spot.here}.silence."
        return spot.lowering.run(silence.steps, prefix=prefix, after=spot.end, ask=spot.here)


@dataclass(frozen=True, slots=True)
class AskNode(Node):
    variants: tuple[Variant, ...]
    answers: Mapping[Intent, NodeId]
    silence_after: timedelta
    silence: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        return begin_message(program, replace(state, ask=state.node), at, self.variants)

    def on_result(self, program: Program, state: State, event: Result) -> Turn:
        return on_send_result(program, state, event, self.variants)

    def on_timer(self, program: Program, state: State, at: datetime) -> Turn:
        turn = on_send_timer(program, state, at, self.variants)
        return Go(state, self.silence) if turn is None else turn

    def on_news(self, program: Program, state: State, event: Delivered | Opened | DeliveryFailed) -> Turn:
        climbs = isinstance(state.phase, Climbing | Listening)
        return on_send_news(program, state, event, self.variants, climbs_again=climbs)

    def after_climb(self, state: State, at: datetime) -> Turn:
        """Silence counts from the last message that went out."""
        return wait(state, Listening, (state.in_hand.last_sent or at) + self.silence_after)

    def answer_to(self, intent: Intent) -> NodeId | None:
        return self.answers.get(intent)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return tuple((target, True) for target in (*self.answers.values(), self.silence))

    def choices(self) -> tuple[tuple[ConditionId | None, str], ...]:
        return tuple((variant.condition, variant.template) for variant in self.variants)
