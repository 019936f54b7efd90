"""`nextvisit db`, `nextvisit vault` and `nextvisit plugins`."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from nextvisit.install.bootstrap import open_appliance
from nextvisit.install.roles import TAKING_IN
from nextvisit.install.settings import load_settings
from nextvisit.sdk.errors import Bug
from nextvisit.store.queues import inbox
from tests.cli.installation import Installation, said
from tests.postgres import OWNER, Server


def test_migrate_makes_the_schema_and_does_no_harm_a_second_time(
    installed: Installation, postgres: Server
) -> None:
    name = f"{installed.urls.owner.rpartition('/')[2].partition('?')[0]}_fresh"
    identifier = sql.Identifier(name)
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(identifier, sql.Identifier(OWNER)))
    secrets = installed.config.parent / "secrets"
    for role, dsn in (("owner", installed.urls.owner), ("app", installed.urls.app)):
        fresh = dsn.replace(name.removesuffix("_fresh"), name)
        (secrets / f"{role}.dsn").write_text(fresh, encoding="utf-8")
    try:
        before = installed.run("mis", "status")
        assert before.code == 3
        assert "nextvisit db migrate" in before.err
        first = installed.run("db", "migrate", "--json")
        assert first.code == 0
        assert first.json["revision"]
        second = installed.run("db", "migrate")
        assert second.code == 0
        assert first.json["revision"] in second.out
        assert installed.run("mis", "status").code == 0
    finally:
        with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def test_migrate_without_the_owners_connection_names_the_key(configured: Installation) -> None:
    configured.rewrite(lambda document: document["database"].pop("owner"))
    result = configured.run("db", "migrate")
    assert result.code == 3
    assert "database.owner" in result.err


def test_a_root_key_is_for_its_owner_alone_and_is_never_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "root.key"
    first = said(capsys, "vault", "create", str(file))
    key = file.read_bytes()
    assert first.code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert key.strip().decode() not in first.out + first.err
    again = said(capsys, "vault", "create", str(file))
    assert again.code == 3
    assert "never overwritten" in again.err
    assert file.read_bytes() == key


def test_a_root_key_in_a_folder_that_is_not_there_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = said(capsys, "vault", "create", str(tmp_path / "absent" / "root.key"))
    assert result.code == 3
    assert "absent" in result.err


def test_plugins_lists_the_built_in_ones(capsys: pytest.CaptureFixture[str]) -> None:
    provided = {what for each in said(capsys, "plugins", "--json").json for what in each["provides"]}
    assert provided >= {
        "campaign reactivation",
        "channel email_smtp",
        "channel sms_smpp",
        (
            "mis adapter fhir_r4 (reads appointment, condition, consent, coverage, location, patient,"
            " practitioner, procedure, related_person, result_ready, service;"
            " finds slots by practitioner, specialty; lists, books, cancels, reschedules, paced)"
        ),
    }
    assert "nextvisit-channel-sms-smpp" in said(capsys, "plugins").out


def test_the_intake_key_is_made_once(installed: Installation) -> None:
    made = installed.run("vault", "grant")
    file = installed.config.parent / "intake.key"
    assert made.code == 0, made.err
    # Where root made the users of `up`, their group reads it too.
    assert stat.S_IMODE(file.stat().st_mode) in {0o400, 0o640}
    again = file.read_bytes()
    assert installed.run("vault", "grant").code == 0
    assert file.read_bytes() == again
    file.chmod(0o600)
    file.write_text("another")
    assert "never overwritten" in installed.run("vault", "grant").err
    assert file.read_text() == "another"


def test_the_api_and_the_gateway_open_an_installation_whose_root_key_is_out_of_reach(
    installed: Installation,
) -> None:
    installed.run("vault", "grant")
    installed.urls.vault_file.unlink()
    if os.geteuid() == 0:  # a role would be whoever root has given it to
        os.chown(load_settings(installed.config).vault.intake_key_file, 0, 0)

    async def opened() -> None:
        async with (
            open_appliance(installed.config, takes_in_only=True) as appliance,
            appliance.database.transaction() as tx,
        ):
            assert await inbox.put(tx, kind="channel", origin="sms", dedupe="a", body=b"text")
            with pytest.raises(Bug, match=r"vault\.not_granted"):
                tx.vault.payload_keys()

    asyncio.run(opened())
    assert frozenset({"api", "gateway"}) == TAKING_IN
    assert "vault.missing" in installed.run("doctor").out
