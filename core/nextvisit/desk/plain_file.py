"""Reading a file that somebody handed in: an ordinary one, not too large, and where it says that it is."""

from __future__ import annotations

from pathlib import Path

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.yaml_text import LARGEST, SourceFile, decoded


def read_plain(path: Path, *, within: Path | None = None) -> SourceFile:
    """Its text. within: the folder that it has to lie in, wherever its links lead.

    Raises InvalidFile, which names it: out of the folder, a device or a pipe, too large, or no text.
    """
    try:
        whole = path.resolve()
    except (OSError, RuntimeError) as error:
        raise _fault(path, "a link leads to itself") from error
    if within is not None and not whole.is_relative_to(within.resolve()):
        raise _fault(path, "a link leads out of the folder; put the file itself there")
    if whole.exists() and not whole.is_file():
        raise _fault(path, "this is no ordinary file")
    if not path.name.isprintable():
        raise _fault(path, "the file's name holds a character that does not show; rename it")
    try:
        with whole.open("rb") as file:
            return decoded(str(path), file.read(LARGEST + 1))
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror}") from error


def _fault(path: Path, message: str) -> InvalidFile:
    return InvalidFile([Fault(str(path), 1, 1, message)])
