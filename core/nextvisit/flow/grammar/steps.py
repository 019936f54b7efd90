"""What the steps of all verbs have in common in a campaign file.

A list may stand where a single step stands, and `end` alone is a step. Each verb's own step is in
`verbs`; `language.any_step` joins them to the one type that a file is read with.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field

from nextvisit.files.part import Part, Place, Slug
from nextvisit.files.yaml_text import Block, Items, Text
from nextvisit.flow.engine.program import Node
from nextvisit.segments.file import PredicateText

if TYPE_CHECKING:
    from nextvisit.flow.grammar.lowering import Spot


def _as_list(value: object) -> object:
    if isinstance(value, Block | Text):
        items = Items([value])
        items.mark, items.items_at = value.mark, [value.mark]
        return items
    return value


class VariantText(Part):
    """A template, perhaps for some patients only."""

    when: PredicateText | None = None
    use: Slug

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object] | None:
        return {"use": word}


Variants = Annotated[list[VariantText], BeforeValidator(_as_list), Field(min_length=1)]


class StepPart(Part):
    """One step: its verb's key, and what comes with it.

    verb: the key that makes it this verb's. hands_over: as the last step of a list of answers it leaves the
    journey to a person.
    """

    verb: ClassVar[str]
    hands_over: ClassVar[bool] = False

    id: Slug | None = None
    goto: str | None = None

    @property
    def name(self) -> str | None:
        """The id, which a verb's block may also carry inside."""
        return self.id

    @property
    def named_at(self) -> Place:
        """The mapping in which the id stands."""
        return self.place

    @abstractmethod
    def lower(self, spot: Spot) -> Node:
        """The step as a node. Faults that need the whole campaign to be seen go to the spot's lowering."""

    def inner(self) -> Sequence[Sequence[StepPart] | None]:
        """The lists of steps inside it, in the order of the file."""
        return ()


if TYPE_CHECKING:
    AnyStep = StepPart

Steps = Annotated[list["AnyStep"], BeforeValidator(_as_list), Field(min_length=1)]
"""AnyStep is known when all verbs are: see `language.any_step`."""


class ThenPart(StepPart):
    """A step that may say in place what comes after it."""

    then: Steps | None = None

    def inner(self) -> Sequence[Sequence[StepPart] | None]:
        return (self.then,)
