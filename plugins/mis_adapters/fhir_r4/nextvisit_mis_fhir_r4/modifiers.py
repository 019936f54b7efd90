"""What changes the meaning of a record in a way that nobody here knows.

A modifier may turn a record into its opposite (https://hl7.org/fhir/R4/extensibility.html#modifierExtension),
and we know none. So what permits or promises something is not taken from such a record; what stops us is.
"""

from __future__ import annotations

from typing import Any, Final

from nextvisit_mis_fhir_r4.primitives import Json, Unfit
from nextvisit_mis_fhir_r4.stops import said

UNKNOWN: Final = "modifier.unknown"
# What stands there is another resource, or for a reader's eyes.
_APART: Final = {"contained", "text", "extension"}


def is_modified(resource: Json) -> bool:
    """Whether the record as a whole means something else than it says."""
    return said(resource.get("modifierExtension")) or said(resource.get("implicitRules"))


def is_modified_within(value: Any) -> bool:
    """As `is_modified`, of any part of it too."""
    if isinstance(value, list):
        return any(map(is_modified_within, value))
    if not isinstance(value, dict):
        return False
    parts = (part for name, part in value.items() if name not in _APART)
    return is_modified(value) or any(map(is_modified_within, parts))


def must_be_plain(resource: Json) -> None:
    """Raises Unfit when the record means something that nobody here knows."""
    if is_modified(resource):
        raise Unfit(UNKNOWN)
