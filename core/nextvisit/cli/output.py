"""How commands speak: sentences for people, `--json` for programs, faults to standard error."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from nextvisit.sdk.printable import shown, shows


def plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID() | Path():
            return str(value)
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case str() | int() | float() | bool() | None:
            return value
        case bytes():
            return value.hex()
        case Sequence() | set() | frozenset():
            return [plain(each) for each in value]
        case _:
            return str(value)


def emit_json(value: Any) -> None:
    """One JSON document on standard output."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    safe = (each if each == "\n" or shows(each) else json.dumps(each)[1:-1] for each in text)
    sys.stdout.write("".join(safe) + "\n")


def say(*lines: str) -> None:
    """Sentences for people, at once: whoever reads them through a pipe may wait for them."""
    sys.stdout.writelines(f"{shown(each)}\n" for each in lines)
    sys.stdout.flush()


def complain(*lines: str) -> None:
    """Sentences for people on standard error."""
    sys.stderr.writelines(f"{shown(each)}\n" for each in lines)
