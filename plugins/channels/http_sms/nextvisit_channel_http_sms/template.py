"""Texts with `{places}` in them, as the settings have them.

What fills a place is put there as it is and never read again: a patient's text with braces in it stays one.
Whoever writes the filled text into a form, a query or JSON encodes the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from nextvisit.sdk.errors import SettingsFault

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Place:
    """A `{name}` of a template."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """What stands as it is, and places, in their order."""

    pieces: tuple[str | Place, ...]

    @classmethod
    def read(cls, text: str) -> Template:
        """`{{` and `}}` are braces. Raises ValueError for a brace that is neither doubled nor a place's."""
        pieces: list[str | Place] = []
        at = 0
        for found in _TOKEN.finditer(text):
            pieces.append(text[at : found.start()])
            at = found.end()
            token = found[0]
            if token in {"{{", "}}"}:
                pieces.append(token[0])
            elif found[1]:
                pieces.append(Place(found[1]))
            else:
                message = "has a brace that closes or opens nothing; write {{ or }} for a brace"
                raise SettingsFault(message)
        pieces.append(text[at:])
        return cls(tuple(each for each in pieces if each != ""))

    @property
    def places(self) -> tuple[str, ...]:
        """Their names, in their order."""
        return tuple(each.name for each in self.pieces if isinstance(each, Place))

    @property
    def around(self) -> str:
        """What stands beside the places."""
        return "".join(each for each in self.pieces if isinstance(each, str))

    def require(self, known: Collection[str]) -> None:
        """Raises ValueError for a place that nothing fills."""
        for name in self.places:
            if name not in known:
                message = f"nothing fills {{{name}}}; known here: {', '.join(sorted(known)) or 'nothing'}"
                raise SettingsFault(message)

    def fill(self, values: Mapping[str, str]) -> str:
        """With every place filled."""
        return "".join(values[each.name] if isinstance(each, Place) else each for each in self.pieces)
