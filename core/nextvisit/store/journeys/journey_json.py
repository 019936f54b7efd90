"""State, effects, results and signals as the JSON that the store keeps and Temporal carries.

Every variant has a literal `kind`, so that nothing is read back as something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from nextvisit.flow.engine.events import Signal
from nextvisit.flow.engine.state import State
from nextvisit.flow.verbs import AnyEffect, AnyResult
from nextvisit.sdk.errors import Bug

T = TypeVar("T")


@cache
def _states() -> TypeAdapter[State]:
    return TypeAdapter(State)


@cache
def _effects() -> TypeAdapter[tuple[AnyEffect, ...]]:
    return TypeAdapter(tuple[Annotated[AnyEffect, Field(discriminator="kind")], ...])


@cache
def _results() -> TypeAdapter[AnyResult]:
    return TypeAdapter(Annotated[AnyResult, Field(discriminator="kind")])


@cache
def _signals() -> TypeAdapter[Signal]:
    return TypeAdapter(Annotated[Signal, Field(discriminator="kind")])


def state_to_json(state: State) -> dict[str, Any]:
    written: dict[str, Any] = _states().dump_python(state, mode="json")
    return written


def state_from_json(raw: object) -> State:
    return _read(_states(), raw)


def effects_to_json(effects: Sequence[AnyEffect]) -> dict[str, Any]:
    return {"effects": _effects().dump_python(tuple(effects), mode="json")}


def effects_from_json(raw: dict[str, Any] | None) -> tuple[AnyEffect, ...]:
    return () if raw is None else _read(_effects(), raw["effects"])


def result_to_json(result: AnyResult) -> dict[str, Any]:
    written: dict[str, Any] = _results().dump_python(result, mode="json")
    return written


def result_from_json(raw: object) -> AnyResult:
    return _read(_results(), raw)


def signal_to_json(signal: Signal) -> dict[str, Any]:
    written: dict[str, Any] = _signals().dump_python(signal, mode="json")
    return written


def signal_from_json(raw: object) -> Signal:
    return _read(_signals(), raw)


def _read(adapter: TypeAdapter[T], raw: object) -> T:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise Bug("journey.unreadable", places) from None
