"""The one type of a step that a file is read with: the verb is chosen by its key, then its own model reads.

The verbs' models speak of steps before all verbs are known, so they are finished here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, ValidationInfo
from pydantic_core import PydanticCustomError

from nextvisit.files.fault import Fault
from nextvisit.files.part import Part, Reading, did_you_mean
from nextvisit.files.yaml_text import Block, Text
from nextvisit.flow.grammar.steps import StepPart, Steps
from nextvisit.flow.verbs import UNBUILT, VERBS

__all__ = ["NAMES", "AnyStep", "Steps"]

NAMES = tuple(step.verb for step in VERBS)
"""What a step can do in this version; `book` is a part of `offer`."""

_VERBS: Mapping[str, type[StepPart]] = {step.verb: step for step in VERBS}
_KEYS = frozenset(key for step in VERBS for key in step.known_keys())
_OWN = _KEYS - StepPart.known_keys() - _VERBS.keys()


def _unknown(key: str) -> str:
    if key in UNBUILT:
        return f"`{key}` is not available in this version; available are: {', '.join(NAMES)}"
    if key == "book":
        return "`book` is no step of its own: `offer` books the time that the patient chooses"
    return f"unknown key `{key}`{did_you_mean(key, _KEYS)}"


def _verb_of(data: object) -> str:
    """The step's main verb; `goto` beside another verb says where to go afterwards."""
    if isinstance(data, Text):
        return "end"
    given = [verb for verb in NAMES if isinstance(data, Block) and verb in data]
    return next((verb for verb in given if verb != "goto"), "goto")


def _one_verb(data: object, info: ValidationInfo) -> object:
    """The step with the keys of its verb only. Raises ValueError for what is no step."""
    if isinstance(data, Text) and data == "end":
        return data
    if not isinstance(data, Block):
        raise PydanticCustomError("model_type", "a step is a mapping")
    if isinstance(info.context, Reading):
        reading = info.context
        unknown = [(key, mark) for key, mark in data.keys_at.items() if key not in _KEYS]
        reading.faults += [Fault(reading.file, at.line, at.column, _unknown(key)) for key, at in unknown]
    given = [verb for verb in NAMES if verb in data]
    main = [verb for verb in given if verb != "goto"]
    if not given:
        message = f"a step needs one of: {', '.join(NAMES)}"
        raise ValueError(message)
    if len(main) > 1:
        verbs = " and ".join(f"`{verb}`" for verb in main)
        message = f"one verb a step; here are {verbs}; make them two steps"
        raise ValueError(message)
    if main == ["end"] and "goto" in given:
        message = "`end` is the end; nothing can follow it"
        raise ValueError(message)
    known = _VERBS[_verb_of(data)].known_keys()
    for key in data:
        if key in _OWN and key not in known:
            message = f"`{key}` goes with {_verbs_with(key)}"
            raise ValueError(message)
    return _only(data, known)


def _verbs_with(key: str) -> str:
    *others, last = [f"`{step.verb}`" for step in VERBS if key in step.known_keys()]
    return f"{', '.join(others)} or {last}" if others else last


def _only(data: Block, known: frozenset[str]) -> Block:
    """Without the keys that nobody knows; they are faults already."""
    kept = Block({key: value for key, value in data.items() if key in known})
    kept.mark = data.mark
    kept.keys_at = {key: mark for key, mark in data.keys_at.items() if key in known}
    kept.values_at = {key: mark for key, mark in data.values_at.items() if key in known}
    return kept


def _tag(data: object) -> str:
    # Not the bare key: a fault's path would be taken for one into the step.
    return f"step:{_verb_of(data)}"


_EACH: Any = reduce(or_, (Annotated[step, Tag(f"step:{step.verb}")] for step in VERBS))
AnyStep = Annotated[_EACH, Discriminator(_tag), BeforeValidator(_one_verb)]


def _unfinished(model: type[Part]) -> Iterator[type[Part]]:
    for each in model.__subclasses__():
        if not each.__pydantic_complete__:
            yield each
        yield from _unfinished(each)


for _model in tuple(_unfinished(Part)):
    _model.model_rebuild(_types_namespace={"AnyStep": AnyStep, "Steps": Steps})
