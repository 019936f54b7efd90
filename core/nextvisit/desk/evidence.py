"""The audit trail proved and handed out."""

from __future__ import annotations

from pathlib import Path

from nextvisit.sdk.errors import ConfigError
from nextvisit.store.audit import trail
from nextvisit.store.audit.verify import VerifyResult, verify
from nextvisit.store.base.engine import Database


async def verify_database(database: Database) -> VerifyResult:
    """Whether an entry was changed, removed or reordered since it was written."""
    return await trail.verify_database(database)


def verify_export(file: Path, public_key: str | None) -> VerifyResult:
    """The same of an export, without a database. Raises ConfigError for what is no key."""
    try:
        return verify(file, public_key=public_key)
    except ValueError as error:  # of the file's own lines `verify` speaks itself
        message = "is no public key as an export's first line holds it"
        raise ConfigError("audit.public_key", message, place="public_key") from error


async def export(database: Database, file: Path) -> int:
    """Write all entries up to a fresh checkpoint, and the public key; returns how many entries.

    Raises ConfigError when the file is there already.
    """
    return await trail.export(database, file)
