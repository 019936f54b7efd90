"""Compiled campaigns, as the store keeps their versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.sdk.records import ChannelKind
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
