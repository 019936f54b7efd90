"""`tag`: puts a label on the patient or on the journey, for segments to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from nextvisit.files.part import Part
from nextvisit.flow.engine.effects import Carrier
from nextvisit.flow.engine.events import Result
from nextvisit.flow.engine.moves import Go, Turn, act, illegal, occurrence
from nextvisit.flow.engine.play import Play, Played
from nextvisit.flow.engine.program import Node, Program
from nextvisit.flow.engine.state import NodeId, State
from nextvisit.flow.grammar.steps import ThenPart
from nextvisit.segments.file import LabelText

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot

Bearer = Literal["patient", "journey"]
"""Who has the label."""


class TagText(Part):
    label: LabelText
    on: Bearer = "patient"

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object] | None:
        return {"label": word}


class TagStep(ThenPart):
    verb: ClassVar[str] = "tag"

    tag: TagText

    def lower(self, spot: Spot) -> TagNode:
        return TagNode(self.tag.label, self.tag.on, spot.following)


@dataclass(frozen=True, slots=True)
class TagNode(Node):
    label: str
    on: Bearer
    next: NodeId

    def enter(self, program: Program, state: State, at: datetime) -> Turn:
        del program, at
        return act(state, PutTag(state.node, occurrence(state), self.label, self.on))

    def on_result(self, program: Program, state: State, event: Result) -> Turn:
        del program
        if not isinstance(event, TagPut):
            raise illegal(state, event.kind)
        return Go(state, self.next)

    def successors(self) -> tuple[tuple[NodeId, bool], ...]:
        return ((self.next, False),)


@dataclass(frozen=True, slots=True)
class PutTag:
    activity: ClassVar[str] = "change_store"
    rung: ClassVar[int] = 0

    node: NodeId
    occurrence: int
    label: str
    on: Bearer
    kind: Literal["put_tag"] = "put_tag"

    @property
    def carrier(self) -> Carrier:
        return Carrier("store")

    def play(self, play: Play) -> Played:
        return Played(TagPut(play.at), f"the {self.on} is tagged {self.label}")


@dataclass(frozen=True, slots=True)
class TagPut:
    why: ClassVar[str | None] = None

    at: datetime
    kind: Literal["tag_put"] = "tag_put"
