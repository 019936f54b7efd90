"""A loaded campaign on a site's channels → Program."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Literal

from nextvisit.flow.engine.program import Program, Rung
from nextvisit.flow.language.load import LoadedCampaign
from nextvisit.flow.language.model import RungText
from nextvisit.sdk.records import ChannelKind, Specialty
from nextvisit.segments.model import AllOf, AnyOf, LastVisit, Not, Predicate, Visited


def compile_campaign(loaded: LoadedCampaign, *, usable: frozenset[ChannelKind]) -> Program:
    """`usable`: the kinds that a connection of the site offers. Rungs keep their numbers without them."""
    model, lowered = loaded.model, loaded.lowered
    predicates = [model.enrol.segment.to_predicate(), *lowered.conditions.values()]
    specialties = {specialty for predicate in predicates for specialty in _specialties(predicate)}
    specialties |= {specialty for node in lowered.nodes.values() for specialty in node.specialties()}
    if model.enrol.pace.open_slots:
        specialties.add(Specialty(model.enrol.pace.open_slots.specialty))
    return Program(
        campaign=model.campaign,
        version=loaded.version,
        purpose=model.purpose,
        priority=model.priority,
        ladder=tuple(_rung(rung, usable) for rung in model.ladder),
        unknown=model.unknown_rule,
        deadline=model.deadline.to_timedelta(),
        goal_within=model.goal.within.to_timedelta(),
        nodes=MappingProxyType(dict(lowered.nodes)),
        start=lowered.start,
        conditions=MappingProxyType(dict(lowered.conditions)),
        specialties=frozenset(specialties),
        templates=frozenset(name for name, _, _ in lowered.templates),
    )


def _rung(rung: RungText, usable: frozenset[ChannelKind]) -> Rung:
    channels = tuple(kind for kind in rung.channel if kind in usable)
    if rung.until is None or rung.for_ is None:
        return Rung(channels)
    # to read a message is to open it; the events know one word for both
    until: Literal["delivered", "opened"] = "delivered" if rung.until == "delivered" else "opened"
    return Rung(channels, until, rung.for_.to_timedelta())


def _specialties(predicate: Predicate) -> Iterator[Specialty]:
    match predicate:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _specialties(part)
        case Not(part):
            yield from _specialties(part)
        case Visited(specialty=specialty):
            yield specialty
        case LastVisit(specialty=specialty) if specialty is not None:
            yield specialty
        case _:
            return
