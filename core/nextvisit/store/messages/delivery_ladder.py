"""How far a message got. The ladder is only climbed: late news of a lower rung changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from nextvisit.sdk.channels import DeliveryStatus

# One order, so that reports give the same whichever comes first. `unknown` says that the provider gave up
# asking; `failed` is its word that nothing arrived, and that it did is a later and better one.
_HEIGHT = {
    DeliveryStatus.QUEUED: 0,
    DeliveryStatus.ACCEPTED: 1,
    DeliveryStatus.SENT: 2,
    DeliveryStatus.UNKNOWN: 3,
    DeliveryStatus.FAILED: 4,
    DeliveryStatus.DELIVERED: 5,
    DeliveryStatus.OPENED: 6,
    DeliveryStatus.READ: 7,
}
_ARRIVED = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.OPENED, DeliveryStatus.READ})
_OPENED = frozenset({DeliveryStatus.OPENED, DeliveryStatus.READ})


class Climbs(Protocol):
    """What has gone out, and how far it is known to have got."""

    @property
    def status(self) -> DeliveryStatus | None: ...
    @property
    def delivered_at(self) -> datetime | None: ...
    @property
    def opened_at(self) -> datetime | None: ...


def _climbs(old: DeliveryStatus | None, new: DeliveryStatus) -> bool:
    """Whether `new` tells more than `old`."""
    return old is None or _HEIGHT[new] > _HEIGHT[old]


def news(message: Climbs, status: DeliveryStatus, at: datetime, code: str | None) -> dict[str, Any]:
    """The columns that this news changes; first instants are kept."""
    if not _climbs(message.status, status):
        return {}
    values: dict[str, Any] = {"status": status.value, "status_code": code}
    if status in _ARRIVED and message.delivered_at is None:
        values["delivered_at"] = at
    if status in _OPENED and message.opened_at is None:
        values["opened_at"] = at
    return values
