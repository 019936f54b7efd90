"""Compiled campaigns, as the intake and the pages need them: purpose, goal, answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from nextvisit.flow.engine.events import Intent
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import State
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.flow.verbs.ask import AskNode
from nextvisit.sdk.records import ChannelKind, Specialty
from nextvisit.store.base.engine import Tx
from nextvisit.store.campaigns import campaigns


class Programs(Protocol):
    """Where the immutable campaign versions come from. Raises ConfigError for one that nobody stored."""

    async def program(self, tx: Tx, campaign: str, version: str) -> Program: ...


@dataclass(frozen=True, slots=True)
class StoredPrograms:
    """From the store, compiled once: a version never changes. `usable`: the site's channels."""

    usable: frozenset[ChannelKind]
    _compiled: dict[str, Program] = field(default_factory=dict)

    async def program(self, tx: Tx, campaign: str, version: str) -> Program:
        """Raises InvalidFile for files that this release no longer reads."""
        known = self._compiled.get(version)
        if known is None:
            loaded = load_files(await campaigns.load_files(tx, version), origin=f"{campaign}/")
            known = compile_campaign(loaded, usable=self.usable)
            self._compiled[version] = known
        return known


def reaches_goal(program: Program, specialty: Specialty | None) -> bool:
    """Whether a visit booked in `specialty` is what the campaign is about.

    A campaign that names no specialty is about any visit. A visit whose specialty the MIS does not say
    counts for such a campaign only: better to invite once too often than to fall silent by mistake.
    """
    return not program.specialties or specialty in program.specialties


def answers_to(program: Program, state: State | None) -> frozenset[Intent] | None:
    """What the journey listens for where it stands: the answers of its most recent ask.

    None when it asks nothing (yet, or any more, because the visit is booked).
    """
    if state is None or state.ask is None or state.booked:
        return None
    ask = program.nodes[state.ask]
    return frozenset(ask.answers) if isinstance(ask, AskNode) else None
