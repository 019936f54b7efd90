"""How old the last backup is, as doctor and metrics tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from nextvisit.install.settings import BackupSettings
from nextvisit.store.backups import made
from nextvisit.store.base.engine import Database
from nextvisit.watch.finding import Finding, Grade, fine

OLD: Final = timedelta(days=2)
_KEYS: Final = "`nextvisit backup keys FOLDER` prints what the settings need (docs/operate.md, Back up)"
_CREATE: Final = "run `nextvisit backup create`, and see why the timer did not (`docs/operate.md`, Back up)"


async def finding(database: Database, spec: BackupSettings | None) -> Sequence[Finding]:
    """Nobody is called at night for it: it informs, also where backups are made by other means."""
    async with database.transaction() as tx:
        last, now = await made.last(tx), tx.now
    if spec is None:
        return [
            Finding(
                Grade.INFORMS, "no backup is set up", touches="all data, when this machine is lost", do=_KEYS
            )
        ]
    if last is None:
        return [
            Finding(Grade.INFORMS, "no backup was made yet", touches="all data, when it is lost", do=_CREATE)
        ]
    if now - last > OLD:
        touches = f"all since {last:%Y-%m-%d %H:%M} UTC, when it is lost"
        return [Finding(Grade.INFORMS, "the last backup is older than two days", last, touches, _CREATE)]
    return fine(f"the last one knows all until {last:%Y-%m-%d %H:%M} UTC")
