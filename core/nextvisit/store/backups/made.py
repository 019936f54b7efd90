"""That a backup was made. A table of its own, which whoever asks how old the last one is reads at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry, Scalar


@dataclass(frozen=True, slots=True)
class BackupMade:
    """taken_at: until when it knows. file: its name. size: bytes of it. sha256: of the dump in it."""

    taken_at: datetime
    file: str
    size: int
    sha256: str


async def note(tx: Tx, made: BackupMade) -> None:
    """All patients' data is in a file more: that is in the audit trail too."""
    statement = text(
        "INSERT INTO backup (taken_at_wall, made_at_wall, file, size)"
        " VALUES (:taken, clock_timestamp(), :file, :size) ON CONFLICT (taken_at_wall) DO NOTHING"
    )
    await tx.connection.execute(statement, {"taken": made.taken_at, "file": made.file, "size": made.size})
    body: dict[str, Scalar] = {
        "taken_at": made.taken_at.isoformat(),
        "size": made.size,
        "sha256": made.sha256,
    }
    tx.audit(Entry("backup.made", "backup", made.file, body=body))


async def last(tx: Tx) -> datetime | None:
    """Until when the newest backup knows; None when this database knows of none."""
    taken: datetime | None = (
        await tx.connection.execute(text("SELECT max(taken_at_wall) FROM backup"))
    ).scalar_one()
    return taken
