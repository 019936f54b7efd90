"""What is wrong with a plugin: in which part, what, where, and what right looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["metadata", "settings", "types", "kit", "quality"]


@dataclass(frozen=True, slots=True)
class Wrong:
    """where: a file with its line, a key or a test."""

    part: Part
    what: str
    where: str
    right: str = ""
