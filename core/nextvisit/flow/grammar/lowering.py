"""Steps → nodes. Inline lists become nodes of their own, named by their path.

What follows a list that runs out: in `then` and in an arm of a `branch`, the step after the owner; in
answers, silence, booked and none_free, the end (of the kind HANDED_OVER if a task was the last thing).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nextvisit.files.fault import Fault
from nextvisit.files.part import Place, did_you_mean
from nextvisit.flow.engine.program import ConditionId, Node, Variant
from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.grammar.steps import StepPart, ThenPart, VariantText
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


def lower(steps: Sequence[StepPart], ends: Mapping[NodeId, Node]) -> Lowered:
    """All nodes of a campaign's steps and its `ends`. With faults, they are good for further checks only."""
    lowering = Lowering(Lowered())
    lowering.collect_names(steps)
    out = lowering.out
    out.nodes.update(ends)
    out.start = lowering.run(steps, prefix="", after=END, ask=None)
    return out


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a step stands. following: the node after it. ask: the ask in whose answers it stands."""

    lowering: Lowering
    here: NodeId
    following: NodeId
    ask: NodeId | None

    @property
    def end(self) -> NodeId:
        """The journey's ordinary end."""
        return END

    def run(self, steps: Sequence[StepPart] | None, *, within: str, otherwise: NodeId) -> NodeId:
        """Lower an inner list, after which the journey ends; without one, `otherwise`."""
        if not steps:
            return otherwise
        return self.lowering.run(steps, prefix=f"{self.here}.{within}.", after=END, ask=self.ask)


@dataclass(slots=True)
class Lowering:
    """The work under way."""

    out: Lowered
    names: frozenset[str] = frozenset()

    def collect_names(self, steps: Sequence[StepPart]) -> None:
        seen: dict[str, StepPart] = {}
        for step in walk(steps):
            name = step.name
            if name is None:
                continue
            if name == END:
                self.out.faults.append(step.place.fault_at("id", "`end` is taken; choose another id"))
            elif name in seen:
                line = seen[name].named_at.mark_of("id").line
                message = f"the id `{name}` is also used on line {line}"
                self.out.faults.append(step.named_at.fault_at("id", message))
            seen.setdefault(name, step)
        self.names = frozenset(seen)

    def run(self, steps: Sequence[StepPart], *, prefix: str, after: NodeId, ask: NodeId | None) -> NodeId:
        """Lower a list; returns its first node. `ask` is the ask in whose answers it stands."""
        ids = [NodeId(step.name or f"{prefix}{index}") for index, step in enumerate(steps)]
        for index, (step, here) in enumerate(zip(steps, ids, strict=True)):
            last = index == len(steps) - 1
            following = after if last else ids[index + 1]
            if last and after == END and step.hands_over and prefix:
                following = HANDED_OVER
            self._step(step, here, following, ask)
        return ids[0]

    def _step(self, step: StepPart, here: NodeId, following: NodeId, ask: NodeId | None) -> None:
        if step.verb != "goto" and step.goto is not None:
            following = self.target(step.goto, step.place)
        if isinstance(step, ThenPart) and step.then is not None:
            following = self.run(step.then, prefix=f"{here}.then.", after=following, ask=ask)
        self.out.places[here] = step.place
        self.out.nodes[here] = step.lower(Spot(self, here, following, ask))

    def target(self, name: str, place: Place) -> NodeId:
        """The node of a step's id."""
        if name == END or name in self.names:
            return NodeId(name)
        message = f"there is no step `{name}`{did_you_mean(name, self.names | {END})}"
        self.out.faults.append(place.fault_at("goto", message))
        return END

    def condition(self, name: str, predicate: Predicate) -> ConditionId:
        """A condition of the campaign, under the path at which it stands."""
        self.out.conditions[name] = predicate
        return name

    def variants(self, variants: Sequence[VariantText], prefix: str) -> tuple[Variant, ...]:
        """A message's wordings, of which the first that holds is sent."""
        lowered = []
        for index, variant in enumerate(variants):
            when = variant.when
            condition = None if when is None else self.condition(f"{prefix}.{index}", when.to_predicate())
            self.out.templates.append((variant.use, variant.place, "use"))
            lowered.append(Variant(condition, variant.use))
            if condition is None and index < len(variants) - 1:
                message = "no message after this one is ever used: it is for everybody; put it last"
                self.out.faults.append(variant.place.fault(message))
        if all(variant.condition for variant in lowered):
            message = "nobody's message: after the messages with `when`, add one without it, for the others"
            self.out.faults.append(variants[-1].place.fault(message))
        return tuple(lowered)


def walk(steps: Sequence[StepPart]) -> Iterator[StepPart]:
    """All steps, inner ones too, in the order of the file."""
    for step in steps:
        yield step
        for part in step.inner():
            yield from walk(part or ())
