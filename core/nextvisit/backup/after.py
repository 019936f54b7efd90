"""The one place that begins what follows a restore: in its transaction, or alone after one by other means."""

from __future__ import annotations

from datetime import datetime

from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry, Scalar


async def begin_restoration(tx: Tx, taken_at: datetime, lost_at: datetime | None) -> None:
    """taken_at: until when the restored database knows. lost_at: until when the lost one may have sent."""
    body: dict[str, Scalar] = {
        "taken_at": taken_at.isoformat(),
        "lost_at": None if lost_at is None else lost_at.isoformat(),
    }
    tx.audit(Entry("backup.restored", "backup", taken_at.isoformat(), body=body))
