"""What one audit entry says. `body` holds ids, codes and digests, never a name, number or text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did it and when comes from the transaction. action: dotted, `patient.read`."""

    action: str
    object_type: str
    object_id: str
    outcome: str = "ok"
    body: Mapping[str, Scalar] = field(default_factory=dict)
