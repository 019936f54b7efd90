"""What has to be there before an appliance can be opened: the schema and the root key."""

from __future__ import annotations

from pathlib import Path

from nextvisit.install.settings import Settings, revealed
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.schema import migrate, schema_status
from nextvisit.store.vault.keys import create_vault_file


async def migrate_schema(settings: Settings) -> str | None:
    """Up to this version, as the database's owner; returns the revision. Can be repeated."""
    if settings.database.owner is None:
        raise ConfigError("database.owner", "migrating needs the owner's connection", place="database.owner")
    owner = revealed(settings.database.owner, "database.owner")
    await migrate(owner)
    return (await schema_status(owner)).current


def create_root_key(file: Path) -> None:
    """Everything personal is sealed under it. Raises ConfigError when the file is there already."""
    create_vault_file(file)
