"""What has to be there before an appliance can be opened: the schema and the root key."""

from __future__ import annotations

from pathlib import Path

from nextvisit.clock import SystemClock
from nextvisit.install import erased_list
from nextvisit.install.dsn import dsn_of
from nextvisit.install.settings import Settings
from nextvisit.sdk.private_file import is_empty
from nextvisit.store.base.engine import Database
from nextvisit.store.base.schema import migrate, schema_status
from nextvisit.store.vault.intake_key import IntakeKey
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.root_key import create_vault_file


async def migrate_schema(settings: Settings) -> str | None:
    """Up to this version, as the database's owner; returns the revision. Can be repeated."""
    owner = dsn_of(settings.database, "owner")
    await migrate(owner)
    return (await schema_status(owner)).current


def create_root_key(file: Path) -> None:
    """Everything personal is sealed under it. Raises ConfigError when the file is there already."""
    create_vault_file(file)


async def grant_intake_key(settings: Settings) -> Path:
    """Make the key file of the roles that only take in. Raises ConfigError when it is there already."""
    file = settings.vault.intake_key_file
    (await _intake_key(settings)).write(file)
    return file


async def ensure_intake_key(settings: Settings) -> None:
    """Make it unless it is there. Raises ConfigError when the one that is there is not the ring's."""
    file = settings.vault.intake_key_file
    key = await _intake_key(settings)
    if file.exists() and not is_empty(file):
        key.refuse_other(IntakeKey.from_file(file), file)
    else:
        key.write(file)


async def complete_erased_list(settings: Settings) -> int:
    """Note outside the database whom it knows to have been erased and the list does not; how many."""
    vault = Vault.from_file(settings.vault.root_key_file)
    database = await Database.open(dsn_of(settings.database, "app"), vault, SystemClock())
    try:
        return await erased_list.complete(database, settings.vault.erased_file)
    finally:
        await database.close()


async def _intake_key(settings: Settings) -> IntakeKey:
    dsn = dsn_of(settings.database, "app")
    vault = Vault.from_file(settings.vault.root_key_file)
    database = await Database.open(dsn, vault, SystemClock(), pool_size=settings.database.pool_size)
    await database.close()
    return vault.intake_key()
