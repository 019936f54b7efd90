"""How old the last backup is, as doctor and metrics tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from nextvisit.install.settings import BackupSettings
from nextvisit.store.backups import made
from nextvisit.store.base.engine import Database
from nextvisit.watch.finding import Finding, fine, informs, wrong

OLD: Final = timedelta(days=2)
_KEYS: Final = "`nextvisit backup keys FOLDER` prints what the settings need (docs/operate.md, Back up)"
_CREATE: Final = "run `nextvisit backup create`, and see why the timer did not (`docs/operate.md`, Back up)"


async def finding(database: Database, spec: BackupSettings | None) -> Sequence[Finding]:
    """Wrong where one is too old; where none is set up, they may be made by other means."""
    async with database.transaction() as tx:
        last, now = await made.last(tx), tx.now
    if spec is None:
        lost = "all data, when this machine is lost"
        return [informs("backup.unset", "no backup is set up", touches=lost, do=_KEYS)]
    if last is None:
        lost = "all data, when it is lost"
        return [informs("backup.never", "no backup was made yet", touches=lost, do=_CREATE)]
    if now - last > OLD:
        lost = f"all since {last:%Y-%m-%d %H:%M} UTC, when it is lost"
        says = "the last backup is older than two days"
        return [wrong("backup.old", says, since=last, touches=lost, do=_CREATE)]
    return fine(f"the last one knows all until {last:%Y-%m-%d %H:%M} UTC")
