"""A population from FHIR NDJSON, as Synthea and bulk exports write it, instead of our own."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nextvisit_sandbox.resource import Resource

_URN = re.compile(r'"urn:uuid:([0-9a-f-]{36})"')


class UnusableFiles(Exception):
    """These files are no population. Says where it is and what to do, and repeats none of their data."""


def load(folder: Path) -> list[Resource]:
    """Every resource of the folder's `*.ndjson` and `*.ndjson.gz`. Raises UnusableFiles.

    Bundle-local references become literal ones.
    """
    lines: list[str] = []
    kinds: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for where, line in _lines(folder):
        key = kind, resource_id = _key(line, where)
        if key in seen:
            raise UnusableFiles(f"{where}: this {kind} was there before; keep one of the two")
        seen.add(key)
        kinds[resource_id] = kind
        lines.append(line)
    if "Patient" not in kinds.values():
        raise UnusableFiles(f"{folder}: no Patient in its files; name a folder that holds the people too")

    def literal(found: re.Match[str]) -> str:
        kind = kinds.get(found[1])
        return f'"{kind}/{found[1]}"' if kind else found[0]

    return [orjson.loads(_URN.sub(literal, line)) for line in lines]


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    """(file and number, text) of every line that is not empty."""
    for file in _files(folder):
        for number, line in enumerate(_text(file).split("\n"), 1):
            if line.strip():
                yield f"{file}, line {number}", line


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        problem = "is a file; name the folder that holds it" if folder.exists() else "there is no such folder"
        raise UnusableFiles(f"{folder}: {problem}")
    found = sorted(file for file in folder.iterdir() if file.name.endswith((".ndjson", ".ndjson.gz")))
    if not found:
        raise UnusableFiles(
            f"{folder}: holds no *.ndjson and no *.ndjson.gz, one FHIR resource a line, as a bulk export "
            "writes them (Synthea does with exporter.fhir.bulk_data = true)"
        )
    return found


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
        return (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
    except (gzip.BadGzipFile, EOFError, zlib.error):
        problem = "is not gzip, or not all of it; a plain file is named *.ndjson"
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    raise UnusableFiles(f"{file}: {problem}")


def _key(line: str, where: str) -> tuple[str, str]:
    """Type and id of the line's resource."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise UnusableFiles(f"{where}: is no JSON; every line holds one whole FHIR resource") from None
    match row:
        case {"resourceType": str(kind), "id": str(resource_id)} if resource_id:
            return kind, resource_id
        case _:
            raise UnusableFiles(f"{where}: is no FHIR resource with a resourceType and an id")
