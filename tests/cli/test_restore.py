"""`nextvisit restore` on a real database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from nextvisit.store.base.engine import Database
from nextvisit.store.restorations import restorations
from tests.cli.installation import Installation
from tests.world.heartbeats import beat


async def _begun(database: Database) -> None:
    async with database.transaction() as tx:
        await restorations.begun(tx, tx.now - timedelta(hours=3))


async def _seen_to(database: Database) -> None:
    """The MIS was read, somebody listens, and the journeys run."""
    await beat(database, "gateway")
    async with database.transaction() as tx:
        await restorations.rehydrated(tx)
        for source in ("mis", "his", "clinic"):
            await tx.connection.execute(
                text(
                    "INSERT INTO mis_connection (source, pages, resources, ended_at) VALUES (:source, 0, 0, :now)"
                    " ON CONFLICT (source) DO UPDATE SET ended_at = excluded.ended_at"
                ),
                {"source": source, "now": tx.now},
            )


async def _sources(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return list(await tx.connection.scalars(text("SELECT confirmed_by FROM restoration")))


def test_a_restore_is_shown_and_confirmed_once_all_is_there(installed: Installation) -> None:
    assert "never restored" in installed.run("restore", "status").out
    installed.in_store(_begun)
    shown = installed.run("restore", "status").out
    assert "confirmed   NO" in shown
    assert "missing     no gateway runs" in shown
    refused = installed.run("restore", "confirm", "--yes", "--by", "anna")
    assert refused.code == 3
    assert "gateway" in refused.err
    installed.in_store(_seen_to)
    assert "next        `nextvisit restore confirm" in installed.run("restore", "status").out
    looked = installed.run("restore", "confirm", "--by", "anna").out
    assert "nothing was changed" in looked
    assert "stops" in looked
    assert installed.in_store(_sources) == [None]
    assert "confirmed" in installed.run("restore", "confirm", "--yes", "--by", "anna").out
    (by,) = installed.in_store(_sources)
    assert by.startswith("anna")
    assert installed.run("restore", "status", "--json").json["missing"] == []
