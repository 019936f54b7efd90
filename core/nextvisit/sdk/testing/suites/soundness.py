"""Whether a record is the one that was expected. No value of a patient is said."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

# What says nothing of who somebody is.
_SHOWN: Final = frozenset(
    {"status", "start", "end", "active", "deceased", "test", "restricted", "decision", "purposes", "channels"}
    | {"stay", "specialty", "guardian", "starts", "ends", "given_at", "starts_at", "expires_at", "updated_at"}
    | {"kind", "limit", "answered", "at", "amount", "currency", "service_type", "specialties"}
)


def differences(wanted: Any, found: Any) -> list[str]:
    """In which fields two things of one type differ; values only where they say nothing of a patient."""
    told = []
    for each in fields(wanted):
        want, have = getattr(wanted, each.name), getattr(found, each.name)
        if (
            (each.name == "version" and not want)
            or (each.name == "updated_at" and want is None)
            or want == have
        ):
            continue
        told.append(
            f"{each.name} is {have!s} instead of {want!s}" if each.name in _SHOWN else f"{each.name} differs"
        )
    return told
