"""What a worker loads before it polls: campaign versions, the clock, the length of an attempt.

The one module-level registry of the house. Workflow code may neither read a database nor take
arguments from its process, and a definition does not belong into every history; so the worker puts
it here and the sandbox lets this module through. Reading it is deterministic because a version's
content never changes: what is missing is waited for, what is there stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from nextvisit.clock import Clock, SystemClock
from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import LoadedCampaign
from nextvisit.sdk.records import ChannelKind


@dataclass(slots=True)
class _Registry:
    versions: dict[tuple[str, str], LoadedCampaign] = field(default_factory=dict)
    programs: dict[tuple[str, str, frozenset[ChannelKind]], Program] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    attempt: timedelta = timedelta(seconds=60)


_registry = _Registry()


def set_clock(clock: Clock, attempt: timedelta) -> None:
    """What time it is for workflows, and how long (by the wall) one attempt of an activity may take."""
    _registry.clock = clock
    _registry.attempt = attempt


def clock() -> Clock:
    """The clock of this process."""
    return _registry.clock


def attempt() -> timedelta:
    """Wall time that one attempt of an activity may take."""
    return _registry.attempt


def add(loaded: LoadedCampaign) -> None:
    """Make a version known."""
    _registry.versions[loaded.model.campaign, loaded.version] = loaded


def get(campaign: str, version: str) -> LoadedCampaign | None:
    """None for a version that is not loaded."""
    return _registry.versions.get((campaign, version))


def program(campaign: str, version: str, usable: frozenset[ChannelKind]) -> Program:
    """A version compiled for the channels that a journey set out with.

    A missing one raises RuntimeError on purpose: it fails the workflow task, not the workflow, so
    Temporal tries again until the worker has loaded the version and nothing is lost.
    """
    key = (campaign, version, usable)
    known = _registry.programs.get(key)
    if known is not None:
        return known
    loaded = get(campaign, version)
    if loaded is None:
        message = f"version {version} of campaign {campaign} is not loaded yet"
        raise RuntimeError(message)
    _registry.programs[key] = compile_campaign(loaded, usable=usable)
    return _registry.programs[key]
