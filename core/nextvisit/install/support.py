"""What is sent to those who help: gathered so that no patient's datum and no secret can be in it.

Nothing is taken out of what was gathered; what may go in is listed, and everything else stays here. So are
sentences of the doctor, which may quote a server: its codes say the same, and docs/runbook.md what they mean.
"""

from __future__ import annotations

import io
import json
import os
import platform
import re
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any, Final

from nextvisit.install.dsn import dsn_of
from nextvisit.install.embedded import data_folder
from nextvisit.install.examination import examination
from nextvisit.install.plugins import plugins_of
from nextvisit.install.settings import Settings, load_settings
from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.store.base.engine import schema_status
from nextvisit.watch.finding import Examined, Grade
from nextvisit.watch.logs import ALLOWED, OF_A_LIBRARY

_LINES: Final = 2000
"""Of each log, the last."""
_TAIL: Final = 4 * 1024 * 1024
_STAYS_HERE: Final = frozenset(
    {"patient", "journey", "message", "booking", "workflow", "inbox", "outbox", "seq", "exception"}
)
"""Keys of log lines that name a row, or quote: pseudonyms do not leave the house either."""
_GOES: Final = (ALLOWED | OF_A_LIBRARY) - _STAYS_HERE
_SHOWN: Final = frozenset(
    {"adapter", "channel", "reader", "zone", "country", "languages", "purposes", "countries"}
)
"""Keys of the settings whose words are shown; of all others that there is a text, and how long."""
_WORD: Final = re.compile(r"[A-Za-z0-9_./:+ -]{0,80}")

Glimpse = Mapping[str, Any]


async def gathered(config: Path, glimpse: Glimpse | None) -> Mapping[str, bytes]:
    """The files of the bundle, by name. glimpse: what `nextvisit status` shows; None: the database is away.

    Raises ConfigError for the settings file alone.
    """
    settings = load_settings(config)
    files: dict[str, object] = {
        "versions.json": _versions(),
        "settings.json": shorn(settings.model_dump(mode="json")),
        "doctor.json": [_codes(each) for each in await examination(config)],
        "plugins.json": _plugins(settings),
        "schema.json": await _schema(settings),
    }
    if glimpse is not None:
        files["status.json"] = _worded(glimpse)
    logs = {f"logs/{name}.jsonl": lines for name, lines in _logs(data_folder(settings.database.app))}
    packed = {name: json.dumps(each, indent=2, sort_keys=True).encode() for name, each in files.items()}
    return packed | logs


def refuse_taken(target: Path) -> None:
    """Before anything is gathered, which takes as long as the slowest provider. Raises ConfigError."""
    if os.path.lexists(target):
        raise ConfigError("support.exists", "is there already; name another file", place=str(target))


def write(files: Mapping[str, bytes], target: Path) -> None:
    """A gzipped tar, readable by us alone. Raises ConfigError when something is there already."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"nextvisit-support/{name}")
            member.size, member.mode = len(content), 0o600
            archive.addfile(member, io.BytesIO(content))
    try:
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        refuse_taken(target)
        raise
    except OSError as error:
        raise ConfigError(
            "support.unwritten", error.strerror or "cannot be written", place=str(target)
        ) from error
    with os.fdopen(made, "wb") as file:
        file.write(packed.getvalue())


def shorn(value: object, key: str = "") -> object:
    """Settings without their texts: secrets, names, addresses and paths are texts."""
    match value:
        case Mapping():
            return {str(name): shorn(each, str(name)) for name, each in value.items()}
        case list() | tuple():
            return [shorn(each, key) for each in value]
        case str():
            return value if key in _SHOWN and _WORD.fullmatch(value) else f"(text of {len(value)})"
        case _:
            return value


def _versions() -> Mapping[str, object]:
    return {
        "nextvisit": version("nextvisit"),
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "kernel": platform.release(),
        "distributions": sorted({f"{each.metadata['Name']} {each.version}" for each in distributions()}),
    }


def _codes(examined: Examined) -> Mapping[str, object]:
    findings = [
        {
            "grade": each.grade.value,
            "code": each.code,
            "where": each.where,
            "count": each.count,
            "since": None if each.since is None else each.since.isoformat(),
        }
        for each in examined.findings
        if each.grade is not Grade.OK
    ]
    return {"what": examined.what, "ok": examined.ok, "findings": findings}


def _plugins(settings: Settings) -> Sequence[Mapping[str, object]]:
    try:
        installed = plugins_of(settings).installed
    except NextVisitError as error:
        return [{"fault": error.code}]
    return [
        {
            "name": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "provides": list(each.provides),
            "loads": each.fault is None,
        }
        for each in installed
    ]


async def _schema(settings: Settings) -> Mapping[str, object]:
    try:
        status = await schema_status(dsn_of(settings.database, "app"))
    except NextVisitError as error:
        return {"fault": error.code}
    return {"current": status.current, "head": status.head}


def _worded(value: object) -> object:
    """Numbers, instants and codes; what else a plugin may have put there is not repeated."""
    match value:
        case Mapping():
            return {str(name): _worded(each) for name, each in value.items()}
        case list() | tuple():
            return [_worded(each) for each in value]
        case str():
            return value if _CODE.fullmatch(value) else f"(text of {len(value)})"
        case _:
            return value


_CODE: Final = re.compile(r"[a-z0-9_.-]{1,60}|\d{4}-\d\d-\d\dT[\d:.+Z]{8,30}")


def _logs(data: Path | None) -> Iterator[tuple[str, bytes]]:
    """Of the roles that `nextvisit up` runs; those of others are with whoever runs them."""
    for file in sorted((data / "logs").glob("*.log")) if data is not None else ():
        with suppress(OSError):
            yield file.stem, b"".join(_lines(file))


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _TAIL))
        last = opened.read(_TAIL).splitlines()[-_LINES:]
    for line in last:
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            yield b'{"event":"line.left_out"}\n'
            continue
        kept = {key: each for key, each in said.items() if key in _GOES and _is_plain(each)}
        yield json.dumps(kept).encode() + b"\n"


def _is_plain(value: object) -> bool:
    """A word or a number, as the log's own are."""
    return (
        value is None
        or isinstance(value, bool | int | float)
        or (isinstance(value, str) and _WORD.fullmatch(value) is not None)
    )
