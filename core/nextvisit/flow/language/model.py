"""What campaign.yaml may say, and nothing else. The meaning of each verb: docs/flow_semantics.md."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictFloat,
    StrictInt,
    model_validator,
)

from nextvisit.domain.cron import checked_cron
from nextvisit.files.part import LanguageTag, Part, Slug
from nextvisit.flow.language.any_step import AnyStep, Steps
from nextvisit.sdk.channels import NAME
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.segments.file import FixedSpanText, PredicateText, SpanText, SpecialtyName
from nextvisit.segments.spans import Span

_MOST_HELD_OUT = 50


def _share(value: object) -> float:
    """`10 %` → 0.1."""
    found = re.fullmatch(r"(\d{1,2}(?:\.\d+)?) *%", value) if isinstance(value, str) else None
    if found is None or not float(found[1]) <= _MOST_HELD_OUT:  # more would be a campaign that holds back
        message = f"`{value}` is no share; write a percentage from 0 to 50, such as `10 %`"
        raise ValueError(message)
    return float(found[1]) / 100


def _rungs(value: object) -> object:
    return [value] if isinstance(value, str) else value


Kind = Annotated[ChannelKind, Field(pattern=f"^{NAME}$")]
Share = Annotated[float, BeforeValidator(_share)]


class Schedule(Part):
    """When to enrol; in the clinic's time zone."""

    cron: Annotated[str, AfterValidator(checked_cron)]


class OpenSlots(Part):
    """Invite at most `invite_per_slot` patients per free slot of the coming `within`."""

    specialty: SpecialtyName
    within: FixedSpanText
    invite_per_slot: Annotated[StrictFloat | StrictInt, Field(gt=0, le=20)]


class PaceText(Part):
    per_day: Annotated[StrictInt, Field(ge=1)] | None = None
    open_slots: OpenSlots | None = None


class Enrol(Part):
    """Whom, when, how often and how many. `holdout` is a share from 0 to 0.5."""

    schedule: Schedule
    segment: PredicateText
    again_after: SpanText | None = None
    holdout: Share = 0.0
    pace: PaceText = PaceText()


class Goal(Part):
    appointment: Literal["booked"]
    within: FixedSpanText


class RungText(Part):
    """One rung: the channel, or the first usable of several."""

    channel: Annotated[list[Kind], BeforeValidator(_rungs), Field(min_length=1)]
    until: Literal["opened", "delivered", "read"] | None = None
    for_: FixedSpanText | None = Field(default=None, alias="for")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.until is None) != (self.for_ is None):
            message = "`until` and `for` go together: `until: opened, for: 24 hours`"
            raise ValueError(message)
        return self


class CampaignFile(Part):
    """A campaign as its file says it."""

    campaign: Slug
    purpose: Purpose
    priority: Annotated[StrictInt, Field(ge=1, le=100)] | None = None
    languages: Annotated[list[LanguageTag], Field(min_length=1)] | None = None
    enrol: Enrol
    goal: Goal
    ladder: Annotated[list[RungText], Field(min_length=1)]
    unknown: Literal["hold", "next_rung"] | None = None
    deadline: FixedSpanText = Span(3, "day")
    steps: Steps

    @property
    def unknown_rule(self) -> Literal["hold", "next_rung"]:
        """For sends of unknown outcome: a second copy may go out only where it does little harm."""
        if self.unknown is not None:
            return self.unknown
        loose = {Purpose.MARKETING, Purpose.NEWSLETTER, Purpose.FEEDBACK}
        return "next_rung" if self.purpose in loose else "hold"


CampaignFile.model_rebuild(_types_namespace={"AnyStep": AnyStep})
