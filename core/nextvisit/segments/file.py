"""Predicates as a file writes them: a mapping with one key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, ValidationInfo, model_validator

from nextvisit.files.part import LanguageTag, Part, Reading, Slug, did_you_mean
from nextvisit.sdk.records import AppointmentStatus, Specialty
from nextvisit.segments.model import (
    Age,
    AllOf,
    AnyOf,
    Has,
    HasWhat,
    Language,
    LastVisit,
    Not,
    Predicate,
    Sex,
    SexIs,
    Tagged,
    Visited,
)
from nextvisit.segments.spans import Span, parse_span


def _span(value: object) -> Span:
    if isinstance(value, Span):
        return value
    return parse_span(value if isinstance(value, str) else str(value))


def _fixed(span: Span) -> Span:
    span.to_timedelta()
    return span


def _known_specialty(slug: str, info: ValidationInfo) -> Specialty:
    known = info.context.specialties if isinstance(info.context, Reading) else None
    if known is not None and slug not in known:
        message = f"unknown specialty `{slug}`{did_you_mean(slug, known)}"
        raise ValueError(message)
    return Specialty(slug)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


SpanText = Annotated[Span, BeforeValidator(_span)]
"""`14 days`."""

FixedSpanText = Annotated[Span, BeforeValidator(_span), AfterValidator(_fixed)]
"""`14 days`, but no months or years: they have no fixed length."""

SpecialtyName = Annotated[Slug, AfterValidator(_known_specialty)]


LabelText = Annotated[Slug, Field(max_length=60)]
"""A tag's label: a word, never a text about somebody."""


class LastVisitText(Part):
    over: SpanText | None = None
    within: SpanText | None = None
    status: AppointmentStatus = AppointmentStatus.FULFILLED
    specialty: SpecialtyName | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.over is None and self.within is None:
            message = "say how long ago: `over: 12 months`, `within: 12 months`, or both"
            raise ValueError(message)
        return self


class AgeText(Part):
    from_: StrictInt | None = Field(default=None, alias="from", ge=0, le=150)
    to: StrictInt | None = Field(default=None, ge=0, le=150)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ is None and self.to is None:
            message = "say an age: `from: 30`, `to: 65`, or both"
            raise ValueError(message)
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            message = "`from` must not be more than `to`"
            raise ValueError(message)
        return self


class VisitedText(Part):
    specialty: SpecialtyName
    within: SpanText | None = None


class TaggedText(Part):
    label: LabelText
    campaign: Slug | None = None

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object] | None:
        return {"label": word}


class PredicateText(Part):
    """One of the keys below."""

    all: list[PredicateText] | None = None
    any: list[PredicateText] | None = None
    not_: PredicateText | None = Field(default=None, alias="not")
    last_visit: LastVisitText | None = None
    age: AgeText | None = None
    visited: VisitedText | None = None
    has: HasWhat | None = None
    language: Annotated[list[LanguageTag], BeforeValidator(_listed), Field(min_length=1)] | None = None
    sex: Annotated[list[Sex], BeforeValidator(_listed), Field(min_length=1)] | None = None
    tagged: TaggedText | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            message = "write exactly one condition here; join several with `all:` or `any:` and a list"
            raise ValueError(message)
        return self

    def to_predicate(self) -> Predicate:  # noqa: C901  # one arm a kind
        match self:
            case PredicateText(all=list() as parts):
                return AllOf(tuple(part.to_predicate() for part in parts))
            case PredicateText(any=list() as parts):
                return AnyOf(tuple(part.to_predicate() for part in parts))
            case PredicateText(not_=PredicateText() as part):
                return Not(part.to_predicate())
            case PredicateText(last_visit=LastVisitText() as visit):
                specialty = Specialty(visit.specialty) if visit.specialty else None
                return LastVisit(visit.over, visit.within, visit.status, specialty)
            case PredicateText(age=AgeText() as age):
                return Age(age.from_, age.to)
            case PredicateText(visited=VisitedText() as visited):
                return Visited(Specialty(visited.specialty), visited.within)
            case PredicateText(has=str() as what):
                return Has(what)
            case PredicateText(language=list() as languages):
                return Language(tuple(languages))
            case PredicateText(sex=list() as sexes):
                return SexIs(tuple(sexes))
            case PredicateText(tagged=TaggedText() as tagged):
                return Tagged(tagged.label, tagged.campaign)
            case _:
                message = "a validated predicate has one key"
                raise AssertionError(message)
