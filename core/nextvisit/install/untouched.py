"""Whether a settings file still says what our example says, of a clinic that there is not.

Patients would be written to in the name of a stranger, with links and a phone number that are nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.yaml_text import Block, Items, Mark, SourceFile, decoded, parse

EXAMPLES = frozenset({"Klinika Pod Lipą", "Klinika Pod Lipa", "+48 22 555 01 00", "+48500600700"})
"""Names and numbers of config/nextvisit.example.yaml; its hosts end in .example, which no host does."""

_RESERVED = re.compile(r"(?i)(?:^|[@/.])[\w-]+\.example(?:[:/]|$)")


def refuse_untouched(config: Path) -> None:
    """Raises InvalidFile, with each line of the file that is still the example's."""
    if faults := untouched(decoded(str(config), config.read_bytes())):
        raise InvalidFile(faults)


def untouched(source: SourceFile) -> list[Fault]:
    """One for each text that is still the example's."""
    document, _ = parse(source)  # what is wrong in it is told where it is loaded
    return [
        Fault(source.name, mark.line, mark.column, f"`{text}` is the example's; write your clinic's own")
        for text, mark in _texts(document)
        if text in EXAMPLES or _RESERVED.search(text)
    ]


def _texts(value: object, mark: Mark = Mark(1, 1)) -> Iterator[tuple[str, Mark]]:  # noqa: B008  frozen
    match value:
        case str():
            yield value, mark
        case Block():
            for key, each in value.items():
                yield from _texts(each, value.values_at[key])
        case Items():
            for each, at in zip(value, value.items_at, strict=True):
                yield from _texts(each, at)
