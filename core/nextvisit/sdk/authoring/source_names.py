"""What a plugin's own source names: codes and keys, which are nobody's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from nextvisit.sdk.records import (
    AppointmentStatus,
    ConditionStatus,
    CoverageKind,
    ProcedureStatus,
    Purpose,
)

_CODE: Final = re.compile(r"\S{1,200}")
_TOKEN: Final = re.compile(r"[^\W_]+")
_WORDS: Final = (AppointmentStatus, ConditionStatus, ProcedureStatus, CoverageKind, Purpose)
NOBODY: Final = "nobody-has-this-id"
"""The id of a thing that no MIS has, which kits look up."""


def codes_of(package: Path) -> frozenset[str]:
    """What a plugin's source names: its literals without a space, and the words of which they are made.

    With the words of the SDK for statuses, purposes and who pays, which a MIS may have, too.
    """
    found: set[str] = {NOBODY, f"Patient/{NOBODY}", *(str(word) for each in _WORDS for word in each)}
    for file in [package] if package.is_file() else sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.add(node.value)
                # `rows/` and `/v1/` name what stands in a path.
                found |= {each for each in _TOKEN.findall(node.value) if each[:1].isalpha()}
                # `system|code`, as codes are written.
                found |= set(filter(None, node.value.split("|")))
    return frozenset(found)


def names_of(package: Path) -> frozenset[str]:
    """What a plugin's source calls anything, in whatever spelling: its identifiers, and what literals say.

    A field `birth_date` of a model may be read from a key `birthDate`.
    """
    found: set[str] = set()
    for file in [package] if package.is_file() else sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Constant(value=str(said)) if _CODE.fullmatch(said):
                    found |= {plain(said), *map(plain, re.split(r"[/?&={}|.:]", said))}
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                    found.add(plain(name))
                case ast.keyword(arg=str(name)):
                    found.add(plain(name))
                case _:
                    pass
    return frozenset(found - {""})


def names_in(said: Iterable[str]) -> frozenset[str]:
    """These, as `names_of` has them."""
    return frozenset(map(plain, said))


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
