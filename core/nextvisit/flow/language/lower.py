"""Steps → nodes. Inline lists become nodes of their own, named by their path.

What follows a list that runs out: in `then` and in an arm of a `branch`, the step after the owner; in
answers, silence, booked and none_free, the end (of the kind HANDED_OVER if a task was the last thing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nextvisit.files.part import Fault, Place, did_you_mean
from nextvisit.flow.engine.program import (
    Ask,
    Branch,
    ConditionId,
    End,
    Jump,
    Listen,
    Node,
    Offer,
    Pause,
    Send,
    Task,
    Variant,
)
from nextvisit.flow.engine.state import NodeId, Outcome
from nextvisit.flow.language.model import CampaignFile
from nextvisit.flow.language.step_block import ArmText, AskBlock, OfferBlock, Silence, StepBlock, VariantText
from nextvisit.sdk.records import Specialty
from nextvisit.segments.model import Predicate

END = NodeId("end")
HANDED_OVER = NodeId("end.handed_over")


@dataclass(slots=True)
class Lowered:
    """templates: name → every place that uses it. faults: unknown targets, duplicate ids, lost steps."""

    start: NodeId = END
    nodes: dict[NodeId, Node] = field(default_factory=dict)
    places: dict[NodeId, Place] = field(default_factory=dict)
    conditions: dict[ConditionId, Predicate] = field(default_factory=dict)
    templates: list[tuple[str, Place, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def lower(campaign: CampaignFile) -> Lowered:
    """All nodes of the campaign. With faults, the nodes are good for further checks only."""
    lowering = _Lowering(Lowered(), frozenset())
    lowering.collect_names(campaign.steps)
    out = lowering.out
    out.nodes[END], out.nodes[HANDED_OVER] = End(Outcome.COMPLETED), End(Outcome.HANDED_OVER)
    out.start = lowering.run(campaign.steps, prefix="", after=END, ask=None)
    return out


@dataclass(slots=True)
class _Lowering:
    out: Lowered
    names: frozenset[str]

    def collect_names(self, steps: Sequence[StepBlock]) -> None:
        seen: dict[str, StepBlock] = {}
        for step in walk(steps):
            name = step.name
            if name is None:
                continue
            if name == END:
                self.out.faults.append(step.place.fault_at("id", "`end` is taken; choose another id"))
            elif name in seen:
                line = _named_at(seen[name]).fault_at("id", "").line
                message = f"the id `{name}` is also used on line {line}"
                self.out.faults.append(_named_at(step).fault_at("id", message))
            seen.setdefault(name, step)
        self.names = frozenset(seen)

    def run(self, steps: Sequence[StepBlock], *, prefix: str, after: NodeId, ask: NodeId | None) -> NodeId:
        """Lower a list; returns its first node. `ask` is the ask in whose answers it stands."""
        ids = [NodeId(step.name or f"{prefix}{index}") for index, step in enumerate(steps)]
        for index, (step, here) in enumerate(zip(steps, ids, strict=True)):
            last = index == len(steps) - 1
            following = after if last else ids[index + 1]
            if last and after == END and step.verb == "task" and prefix:
                following = HANDED_OVER
            self._step(step, here, following, ask)
        return ids[0]

    def _step(self, step: StepBlock, here: NodeId, following: NodeId, ask: NodeId | None) -> None:
        if step.verb != "goto" and step.goto is not None:
            following = self._target(step.goto, step.place)
        if step.then is not None:
            following = self.run(step.then, prefix=f"{here}.then.", after=following, ask=ask)
        self.out.places[here] = step.place
        self.out.nodes[here] = self._node(step, here, following, ask)

    def _node(  # noqa: C901  # one arm a verb
        self, step: StepBlock, here: NodeId, following: NodeId, ask: NodeId | None
    ) -> Node:
        match step:
            case StepBlock(send=list() as variants):
                return Send(self._variants(variants, f"{here}.send"), following)
            case StepBlock(ask=AskBlock() as block):
                return self._ask(block, here, following)
            case StepBlock(wait=span) if span is not None:
                return Pause(span.to_timedelta(), following)
            case StepBlock(wait_for=str()):
                if ask is None:
                    message = "`wait_for: reply` has to stand within the answers or the silence of an `ask`"
                    self.out.faults.append(step.place.fault_at("wait_for", message))
                return Listen(ask or here)
            case StepBlock(branch=list() as arms):
                lowered = []
                for index, arm in enumerate(arms):
                    name = f"{here}.branch.{index}"
                    if arm.when is not None:
                        self.out.conditions[name] = arm.when.to_predicate()
                    target = self._goes(arm, prefix=f"{name}.", after=following, ask=ask)
                    lowered.append((name if arm.when else None, target))
                return Branch(tuple(lowered), following)
            case StepBlock(offer=OfferBlock() as block):
                return self._offer(step, block, here, following, ask)
            case StepBlock(task=str() as queue):
                return Task(queue, following)
            case StepBlock(goto=str() as target):
                return Jump(self._target(target, step.place))
            case _:
                return Jump(END)

    def _ask(self, block: AskBlock, here: NodeId, following: NodeId) -> Ask:
        answers = {
            intent: self.run(steps, prefix=f"{here}.answers.{intent}.", after=END, ask=here)
            for intent, steps in block.answers.items()
        }
        if "opt_out" in answers:
            message = "`opt_out` always ends the journey and cannot be answered by a campaign; remove it"
            self.out.faults.append(block.place.fault_at("answers", message))
        silence = block.silence
        then = END if silence.steps else following
        target = self._goes(silence, prefix=f"{here}.silence.", after=then, ask=here)
        variants = self._variants(block.message, f"{here}.message")
        return Ask(variants, answers, silence.after.to_timedelta(), target)

    def _offer(
        self, step: StepBlock, block: OfferBlock, here: NodeId, following: NodeId, ask: NodeId | None
    ) -> Offer:
        self.out.templates.append((block.message, block.place, "message"))

        def branch(name: str, steps: Sequence[StepBlock] | None, otherwise: NodeId) -> NodeId:
            if not steps:
                return otherwise
            return self.run(steps, prefix=f"{here}.{name}.", after=END, ask=ask)

        return Offer(
            template=block.message,
            specialty=Specialty(block.specialty),
            slots=block.slots,
            hold=block.hold.to_timedelta(),
            answer_within=block.answer_within.to_timedelta(),
            booked=branch("booked", step.booked, following if step.goto else END),
            none_free=branch("none_free", step.none_free, END),
            silence=branch("silence", step.silence, END),
        )

    def _goes(self, part: Silence | ArmText, *, prefix: str, after: NodeId, ask: NodeId | None) -> NodeId:
        """Where a part leads that says either `goto` or `steps`, or neither."""
        if part.goto is not None:
            return self._target(part.goto, part.place)
        return self.run(part.steps, prefix=prefix, after=after, ask=ask) if part.steps else after

    def _target(self, name: str, place: Place) -> NodeId:
        if name == END or name in self.names:
            return NodeId(name)
        message = f"there is no step `{name}`{did_you_mean(name, self.names | {END})}"
        self.out.faults.append(place.fault_at("goto", message))
        return END

    def _variants(self, variants: Sequence[VariantText], prefix: str) -> tuple[Variant, ...]:
        lowered = []
        for index, variant in enumerate(variants):
            condition = f"{prefix}.{index}" if variant.when else None
            if condition is not None and variant.when is not None:
                self.out.conditions[condition] = variant.when.to_predicate()
            self.out.templates.append((variant.use, variant.place, "use"))
            lowered.append(Variant(condition, variant.use))
            if condition is None and index < len(variants) - 1:
                message = "no message after this one is ever used: it is for everybody; put it last"
                self.out.faults.append(variant.place.fault(message))
        if all(variant.condition for variant in lowered):
            message = "nobody's message: after the messages with `when`, add one without it, for the others"
            self.out.faults.append(variants[-1].place.fault(message))
        return tuple(lowered)


def _named_at(step: StepBlock) -> Place:
    """The mapping in which the step's id stands."""
    inside = step.ask or step.offer
    return step.place if step.id or inside is None else inside.place


def walk(steps: Sequence[StepBlock]) -> list[StepBlock]:
    """All steps, inner ones too, in the order of the file."""
    found: list[StepBlock] = []
    for step in steps:
        found.append(step)
        inner: list[Sequence[StepBlock] | None] = [step.then, step.booked, step.none_free, step.silence]
        if step.ask:
            inner += [*step.ask.answers.values(), step.ask.silence.steps]
        if step.branch:
            inner += [arm.steps for arm in step.branch]
        for part in inner:
            found += walk(part or ())
    return found


def successors(node: Node) -> tuple[tuple[NodeId, bool], ...]:
    """Where a node leads, and whether time passes on the way."""
    match node:
        case Send(next=target) | Task(next=target) | Jump(next=target):
            return ((target, False),)
        case Pause(next=target):
            return ((target, True),)
        case Ask(answers=answers, silence=silence):
            return tuple((target, True) for target in (*answers.values(), silence))
        case Listen(ask=ask):
            return ((ask, True),)
        case Branch(arms=arms, otherwise=otherwise):
            return tuple((target, False) for target in (*(target for _, target in arms), otherwise))
        case Offer(booked=booked, none_free=none_free, silence=silence):
            return ((booked, True), (none_free, False), (silence, True))
        case End():
            return ()
