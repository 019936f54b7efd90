"""One step of a campaign file. A list may stand where a single step stands, and `end` is a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from nextvisit.files.part import Part
from nextvisit.files.yaml_text import Block, Items, Text
from nextvisit.flow.engine.events import Intent
from nextvisit.segments.file import FixedSpanText, PredicateText, SpecialtyName
from nextvisit.segments.spans import Span

VERBS = ("send", "ask", "wait", "wait_for", "branch", "offer", "task", "goto", "end")
"""What a step can do in this version; `book` is a part of `offer`."""

UNBUILT = frozenset({"confirm", "cancel", "reschedule", "reward", "tag", "action", "repeat"})


def _as_list(value: object) -> object:
    if isinstance(value, Block | Text):
        items = Items([value])
        items.mark, items.items_at = value.mark, [value.mark]
        return items
    return value


Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Steps = Annotated[list["StepBlock"], BeforeValidator(_as_list), Field(min_length=1)]


class VariantText(Part):
    """A template, perhaps for some patients only."""

    when: PredicateText | None = None
    use: Slug

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object] | None:
        return {"use": word}


Variants = Annotated[list[VariantText], BeforeValidator(_as_list), Field(min_length=1)]


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


class OfferBlock(Part):
    id: Slug | None = None
    specialty: SpecialtyName
    slots: Annotated[StrictInt, Field(ge=1, le=9)] = 3
    hold: FixedSpanText = Span(15, "minute")
    message: Slug = "offer"
    answer_within: FixedSpanText = Span(3, "day")


class StepBlock(Part):
    """One verb, and what comes with it."""

    id: Slug | None = None
    send: Variants | None = None
    ask: AskBlock | None = None
    wait: FixedSpanText | None = None
    wait_for: Literal["reply"] | None = None
    branch: Annotated[list[ArmText], Field(min_length=1)] | None = None
    offer: OfferBlock | None = None
    task: Slug | None = None
    goto: str | None = None
    end: None = None
    then: Steps | None = None
    booked: Steps | None = None
    none_free: Steps | None = None
    silence: Steps | None = None

    BELONGS: ClassVar[Mapping[str, str]] = {"booked": "offer", "none_free": "offer", "silence": "offer"}

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object] | None:
        return {"end": None} if word == "end" else None

    @classmethod
    def unknown_key(cls, key: str) -> str:
        if key in UNBUILT:
            return f"`{key}` is not available in this version; available are: {', '.join(VERBS)}"
        if key == "book":
            return "`book` is no step of its own: `offer` books the time that the patient chooses"
        return super().unknown_key(key)

    @property
    def verb(self) -> str:
        """The step's main verb; `goto` beside another verb says where to go afterwards."""
        return next(verb for verb in VERBS if verb in self.model_fields_set)

    @property
    def name(self) -> str | None:
        """The id, which ask and offer may also carry inside."""
        inside = self.ask or self.offer
        return self.id or (inside.id if inside else None)

    @model_validator(mode="after")
    def _one_verb(self) -> Self:
        given = [verb for verb in VERBS if verb in self.model_fields_set]
        main = [verb for verb in given if verb != "goto"]
        if not given:
            message = f"a step needs one of: {', '.join(VERBS)}"
            raise ValueError(message)
        if len(main) > 1:
            verbs = " and ".join(f"`{verb}`" for verb in main)
            message = f"one verb a step; here are {verbs}; make them two steps"
            raise ValueError(message)
        if main == ["end"] and "goto" in given:
            message = "`end` is the end; nothing can follow it"
            raise ValueError(message)
        if self.then is not None and main not in (["send"], ["task"], ["wait"]):
            message = "`then` goes with `send`, `task` or `wait`"
            raise ValueError(message)
        for key, verb in self.BELONGS.items():
            if key in self.model_fields_set and verb not in given:
                message = f"`{key}` goes with `{verb}`"
                raise ValueError(message)
        return self
