"""Which backups of a folder stay. By what their own first line says, and never by a file's date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nextvisit.backup.form import read_head
from nextvisit.install.settings import KeepSettings
from nextvisit.sdk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """One backup of a folder."""

    file: Path
    taken_at: datetime
    release: str
    size: int


def listing(folder: Path) -> Sequence[KeptBackup]:
    """The newest first. What is no backup of ours, or has another name than we gave it, is not among them.

    Raises ConfigError when the folder cannot be read.
    """
    found = []
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise ConfigError("backup.folder", why, place=str(folder)) from error
    for file in files:
        with suppress(ConfigError, OSError):
            if file.is_file() and not file.is_symlink():
                head = read_head(file)
                if head.file_name == file.name:
                    found.append(KeptBackup(file, head.taken_at, head.release, file.stat().st_size))
    return sorted(found, key=lambda each: each.taken_at, reverse=True)


def _day(at: datetime) -> object:
    return at.date()


def _week(at: datetime) -> object:
    return at.isocalendar()[:2]


def _month(at: datetime) -> object:
    return (at.year, at.month)


def staying(times: Sequence[datetime], keep: KeepSettings) -> set[datetime]:
    """The newest of each of the last so many days, weeks and months that have any; the newest always."""
    newest_first = sorted(times, reverse=True)
    stay = set(newest_first[:1])
    spans: list[tuple[Callable[[datetime], object], int]] = [
        (_day, keep.daily),
        (_week, keep.weekly),
        (_month, keep.monthly),
    ]
    for span, many in spans:
        newest: dict[object, datetime] = {}
        for each in newest_first:
            newest.setdefault(span(each), each)
        stay.update(list(newest.values())[:many])
    return stay


def prune(folder: Path, keep: KeepSettings) -> Sequence[KeptBackup]:
    """Remove what does not stay; what was removed."""
    found = listing(folder)
    stay = staying([each.taken_at for each in found], keep)
    removed = [each for each in found if each.taken_at not in stay]
    for each in removed:
        each.file.unlink()
    return removed
