"""What has to be there before an appliance can be opened: the schema and the root key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nextvisit.clock import SystemClock
from nextvisit.install import erased_list
from nextvisit.install.dsn import dsn_of
from nextvisit.install.erased_list import Settled
from nextvisit.install.settings import Settings
from nextvisit.sdk.private_file import is_empty
from nextvisit.store.base.engine import Database
from nextvisit.store.base.schema import head, migrate, schema_status
from nextvisit.store.vault.intake_key import IntakeKey
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.root_key import create_vault_file


async def migrate_schema(settings: Settings) -> str | None:
    """Up to this version, as the database's owner; returns the revision. Can be repeated."""
    owner = dsn_of(settings.database, "owner")
    await migrate(owner)
    return (await schema_status(owner)).current


def revision() -> str:
    """The schema's, of this program."""
    return head()


def create_root_key(file: Path) -> None:
    """Everything personal is sealed under it. Raises ConfigError when the file is there already."""
    create_vault_file(file)


async def grant_intake_key(settings: Settings) -> Path:
    """Make the key file of the roles that only take in, and begin the list of who was erased.

    Can be repeated. Raises ConfigError when another key is there.
    """
    file = settings.vault.intake_key_file
    async with opened_database(settings) as database:
        await erased_list.list_of(database, settings.vault.erased_file)
        key = database.vault.intake_key()
        if not key.is_in(file):
            key.write(file)
    return file


async def ensure_files(settings: Settings) -> Settled:
    """The intake key's, made unless it is there, and the list of who was erased, begun, completed, applied.

    Raises ConfigError when the key that is there is not the ring's, or the list is lost or not whole.
    """
    file = settings.vault.intake_key_file
    async with opened_database(settings) as database:
        key = database.vault.intake_key()
        if file.exists() and not is_empty(file):
            key.refuse_other(IntakeKey.from_file(file), file)
        else:
            key.write(file)
        return await erased_list.settle(database, settings.vault.erased_file)


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The store alone, for what needs no plugin."""
    vault = Vault.from_file(settings.vault.root_key_file)
    database = await Database.open(
        dsn_of(settings.database, "app"), vault, SystemClock(), pool_size=settings.database.pool_size
    )
    try:
        yield database
    finally:
        await database.close()
