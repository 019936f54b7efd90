"""A population from Synthea's files instead of our own."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pathlib import Path

    from nextvisit_sandbox.resource import Resource

_URN = re.compile(r'"urn:uuid:([0-9a-f-]{36})"')


def load(folder: Path) -> list[Resource]:
    """Every resource of the folder's `*.ndjson.gz`; bundle-local references become literal ones.

    Raises FileNotFoundError when the folder holds no such file.
    """
    lines = [
        line
        for path in sorted(folder.glob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().split("\n")
        if line.strip()
    ]
    if not lines:
        message = f"no *.ndjson.gz with resources in {folder}: name a folder of gzipped FHIR NDJSON"
        raise FileNotFoundError(message)
    kinds = {row["id"]: row["resourceType"] for row in map(orjson.loads, lines)}

    def literal(found: re.Match[str]) -> str:
        kind = kinds.get(found[1])
        return f'"{kind}/{found[1]}"' if kind else found[0]

    return [orjson.loads(_URN.sub(literal, line)) for line in lines]
