"""The vault: what opens, what must not, and what stays the same over restarts."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.private_file import write_private
from nextvisit.store.base.engine import Database
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.root_key import create_vault_file
from nextvisit.store.vault.seal import DataKey, framed, open_sealed, seal
from tests.postgres import DatabaseUrls

pytestmark = pytest.mark.anyio

KEY = DataKey(kid=7, secret=bytes(32))
ROW = UUID(int=1)


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        ("task", "sealed_note", ROW),
        ("message", "sealed_note", ROW),
        ("message", "sealed_content", UUID(int=2)),
    ],
)
async def test_a_value_opens_only_at_its_place(table: str, column: str, row: UUID) -> None:
    sealed = seal(KEY, "message", "sealed_content", ROW, b"text")
    assert open_sealed(KEY, "message", "sealed_content", ROW, sealed) == b"text"
    with pytest.raises(Bug, match=r"seal\.broken"):
        open_sealed(KEY, table, column, row, sealed)


async def test_every_altered_byte_is_noticed() -> None:
    sealed = seal(KEY, "message", "sealed_content", ROW, b"text")
    for place in range(len(sealed)):
        if place in range(1, 5):
            continue  # the key id is a hint; a wrong one finds another key or none
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(Bug):
            open_sealed(KEY, "message", "sealed_content", ROW, bytes(altered))


async def test_framing_is_unambiguous() -> None:
    assert framed("ab", "c") != framed("a", "bc")
    assert framed("ab") != framed("a", "b")


async def test_keys_show_nothing(database: Database) -> None:
    shown = repr(KEY) + repr(database.vault) + repr(database)
    assert "secret" not in shown
    assert "DataKey(kid=0" not in shown


async def test_a_vault_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    create_vault_file(path)
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    with pytest.raises(ConfigError, match="never overwritten"):
        create_vault_file(path)
    assert path.read_bytes() == before


async def test_the_ring_is_the_same_after_a_restart(database: Database, database_urls: DatabaseUrls) -> None:
    again = await Database.open(database_urls.app, Vault.from_file(database_urls.vault_file), SystemClock())
    one, other = database.vault, again.vault
    assert one.digest("identifier", "601100001") == other.digest("identifier", "601100001")
    assert one.token("page", ROW) == other.token("page", ROW)
    assert one.payload_keys() == other.payload_keys()
    assert one.signing_key().private_bytes_raw() == other.signing_key().private_bytes_raw()
    _, wrapped, _ = one.new_patient_key(ROW)
    assert other.patient_key(ROW, wrapped).secret == one.patient_key(ROW, wrapped).secret
    assert (
        other.open_blob("task", "sealed_note", "x", one.seal_blob("task", "sealed_note", "x", b"b")) == b"b"
    )
    assert other.open_inbox("x", one.seal_inbox("x", b"b")) == b"b"
    assert one.dedupe_digest("x") == other.dedupe_digest("x")
    await again.close()


async def test_digests_differ_by_kind_and_tokens_are_long(database: Database) -> None:
    vault = database.vault
    assert vault.digest("identifier", "x") != vault.digest("mis_ref", "x")
    assert len(vault.digest("identifier", "x")) == 16
    token = vault.token("page", ROW)
    assert len(token) == 22
    assert token != vault.token("pixel", ROW)
    assert len(vault.token_digest(token)) == 32


async def test_a_wrapped_key_opens_for_its_patient_only(
    database: Database, database_urls: DatabaseUrls
) -> None:
    _, wrapped, _ = database.vault.new_patient_key(ROW)
    again = await Database.open(database_urls.app, Vault.from_file(database_urls.vault_file), SystemClock())
    with pytest.raises(Bug):
        again.vault.patient_key(UUID(int=2), wrapped)
    await again.close()


@pytest.mark.usefixtures("database")
async def test_another_root_key_is_refused(database_urls: DatabaseUrls, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    create_vault_file(other)
    with pytest.raises(ConfigError) as caught:
        await Database.open(database_urls.app, Vault.from_file(other), SystemClock())
    assert caught.value.code == "vault.wrong_key"


async def test_who_misses_the_root_key_is_told_to_bring_it_back(
    database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="bring it back from where its copy is kept") as caught:
        await Database.open(database_urls.app, Vault.from_file(tmp_path / "absent.key"), SystemClock())
    assert (caught.value.code, caught.value.place) == ("vault.missing", str(tmp_path / "absent.key"))


async def test_a_broken_vault_file_is_named(database_urls: DatabaseUrls, tmp_path: Path) -> None:
    broken = tmp_path / "broken.key"
    with pytest.raises(ConfigError, match=r"broken\.key"):
        await Database.open(database_urls.app, Vault.from_file(broken), SystemClock())
    write_private(broken, "too short")
    with pytest.raises(ConfigError, match="32 bytes"):
        await Database.open(database_urls.app, Vault.from_file(broken), SystemClock())


async def test_keys_in_the_database_are_wrapped(database: Database) -> None:
    async with database.transaction() as tx:
        wrapped = list((await tx.connection.execute(text("SELECT wrapped FROM key_ring"))).scalars())
    assert len(wrapped) == 8
    for secret in database.vault.payload_keys().values():
        assert all(secret not in row for row in wrapped)
