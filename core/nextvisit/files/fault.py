"""What is wrong in a file, and where. Apart from what reads files: saying it must not cost loading that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nextvisit.sdk.errors import ConfigError


def one_line(text: str) -> str:
    """With all that does not show escaped: an ESC would command the terminal, a newline forge a fault."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, in plain words. A warning does not stop anything.

    A fault quotes what a stranger may have written, so it is made one line that any terminal can show.
    """

    file: str
    line: int
    column: int
    message: str
    severity: Literal["error", "warning"] = "error"

    def __post_init__(self) -> None:
        object.__setattr__(self, "file", one_line(self.file))
        object.__setattr__(self, "message", one_line(self.message))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


class InvalidFile(ConfigError):  # said as a fact: the file is invalid
    """A file cannot be used. `faults` holds all of them, in the order of the file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        rest = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(
            "file.invalid", f"{first.message}{rest}", place=f"{first.file}:{first.line}:{first.column}"
        )
        self.faults = tuple(faults)
