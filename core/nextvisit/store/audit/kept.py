"""What is kept away from the database: a checkpoint and the key that signed it, as one small text.

    public key <base64>
    <the signed note>

Several may stand in one file, one behind the other. `--json` writes {"public_key": …, "checkpoint": …}.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import orjson

_KEY: Final = re.compile(r"^public key (\S{1,100})$", re.MULTILINE)
_NOTE: Final = re.compile(r"^nextvisit-audit\n(?:[^\n]+\n)+\n— nextvisit-audit [^\n]+\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class KeptElsewhere:
    """public_key: None where only notes were kept. checkpoints: notes, as they were signed."""

    public_key: str | None
    checkpoints: tuple[str, ...]


def kept_text(public_key: str, note: str) -> str:
    """For a file."""
    return f"public key {public_key}\n{note}"


def read_kept(text: str) -> KeptElsewhere:
    """Raises ValueError for what holds no checkpoint, or checkpoints of two keys."""
    keys, notes = _found(text.replace("\r\n", "\n"))
    if not notes or len(set(keys)) > 1:
        raise ValueError
    return KeptElsewhere(keys[0] if keys else None, tuple(note.rstrip("\n") + "\n" for note in notes))


def _found(text: str) -> tuple[list[str], list[str]]:
    if not text.lstrip().startswith("{"):
        return _KEY.findall(text), _NOTE.findall(text)
    document = orjson.loads(text)
    key, note = document.get("public_key"), document.get("checkpoint")
    if not isinstance(key, str) or not isinstance(note, str):
        raise ValueError  # noqa: TRY004  what was kept, and not an argument's type
    return [key], [note]
