"""The key of the api and the gateway: enough to keep what comes in, and for nothing else."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.store.base.engine import Database
from nextvisit.store.queues import inbox
from nextvisit.store.vault.intake_key import IntakeKey
from nextvisit.store.vault.keys import Vault
from tests.postgres import DatabaseUrls, taking_in
from tests.world.rows import rows_of

pytestmark = pytest.mark.anyio

ROW = UUID(int=1)


async def test_the_intake_key_is_for_its_owner_alone_and_is_never_overwritten(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "intake.key"
    database.vault.intake_key().write(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert IntakeKey.from_file(file) == database.vault.intake_key()
    with pytest.raises(ConfigError, match="never overwritten"):
        database.vault.intake_key().write(file)


async def test_whoever_takes_in_cannot_open_what_it_kept(database: Database) -> None:
    door = taking_in(database)
    async with door.transaction() as tx:
        await inbox.put(tx, kind="channel", origin="sms", dedupe="a", body=b"Kowalska")
    with pytest.raises(Bug, match=r"vault\.not_granted"):
        async with door.transaction() as tx:
            await inbox.take(tx, 1)
    async with database.transaction() as tx:
        (item,) = await inbox.take(tx, 1)
    assert item.body == b"Kowalska"


async def test_a_repetition_is_one_whoever_takes_it_in(database: Database) -> None:
    for each in (database, taking_in(database)):
        async with each.transaction() as tx:
            await inbox.put(tx, kind="channel", origin="sms", dedupe="a", body=b"one")
    assert await rows_of(database, "SELECT count(*) FROM inbox") == [(1,)]


_ASKS: dict[str, Callable[[Vault], object]] = {
    "a patient's key": lambda vault: vault.patient_key(ROW, b"\x01\x00\x00\x00\x01" + bytes(60)),
    "a new patient's key": lambda vault: vault.new_patient_key(ROW),
    "a look-up": lambda vault: vault.digest("identifier", "1"),
    "an address": lambda vault: vault.address_digest("phone", "+48600100200"),  # type: ignore[arg-type]
    "a MIS reference": lambda vault: vault.mis_ref_digest("his", "Patient/1"),
    "a token": lambda vault: vault.token("page", ROW),
    "a blob to seal": lambda vault: vault.seal_blob("task", "sealed_note", ROW, b""),
    "a blob to open": lambda vault: vault.open_blob("task", "sealed_note", ROW, bytes(60)),
    "the inbox": lambda vault: vault.open_inbox("x", vault.seal_inbox("x", b"")),
    "Temporal's payloads": lambda vault: vault.payload_keys(),
    "checkpoints": lambda vault: vault.signing_key(),
}


@pytest.mark.parametrize("what", _ASKS)
async def test_whoever_takes_in_has_no_other_key(database: Database, what: str) -> None:
    with pytest.raises(Bug, match=r"vault\.not_granted"):
        _ASKS[what](taking_in(database).vault)


async def test_a_body_opens_in_its_row_alone_and_unaltered(database: Database) -> None:
    vault = database.vault
    sealed = vault.seal_inbox("here", b"text")
    assert vault.open_inbox("here", sealed) == b"text"
    with pytest.raises(Bug, match=r"seal\.broken"):
        vault.open_inbox("elsewhere", sealed)
    for place in range(5, len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(Bug, match=r"seal\.broken"):
            vault.open_inbox("here", bytes(altered))


async def test_no_root_key_is_read_by_whoever_takes_in(
    database: Database, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    file = tmp_path / "intake.key"
    database.vault.intake_key().write(file)
    database_urls.vault_file.unlink()
    opened = await Database.open(database_urls.app, Vault.of_intake(file), SystemClock())
    async with opened.transaction() as tx:
        assert await inbox.put(tx, kind="channel", origin="sms", dedupe="a", body=b"")
    await opened.close()


async def test_an_intake_key_of_another_ring_is_refused_at_the_start(
    database: Database, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Nobody could open what it seals."""
    file = tmp_path / "intake.key"
    held = database.vault.intake_key()
    IntakeKey(held.kid, bytes(31) + b"\x09", held.dedupe_kid, held.dedupe).write(file)
    with pytest.raises(ConfigError, match="nextvisit vault grant") as caught:
        await Database.open(database_urls.app, Vault.of_intake(file), SystemClock())
    assert caught.value.code == "vault.intake_stale"


async def test_a_false_public_key_in_the_database_is_not_sealed_to(
    database: Database, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    file = tmp_path / "intake.key"
    database.vault.intake_key().write(file)
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("ALTER TABLE key_ring DISABLE TRIGGER USER")
        connection.execute("UPDATE key_ring SET public = %s WHERE purpose = 'inbox'", (bytes(32),))
    with pytest.raises(ConfigError, match="another key ring"):
        await Database.open(database_urls.app, Vault.of_intake(file), SystemClock())


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"inbox":{"kid":1,"key":"AA=="},"dedupe":{"kid":2,"key":"AA=="}}']
)
async def test_a_file_that_is_no_intake_key_is_named_and_not_shown(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "intake.key"
    with pytest.raises(ConfigError, match="nextvisit vault grant"):
        Vault.of_intake(file)
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="no intake key") as caught:
        Vault.of_intake(file)
    assert "AA==" not in str(caught.value)
