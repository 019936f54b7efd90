"""The database is another machine only if it proves who it is, or the settings say that it need not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nextvisit.install.dsn import dsn_of
from nextvisit.install.settings import DatabaseSettings
from nextvisit.sdk.errors import ConfigError

THERE = "postgresql://u:p4ss@db.clinic.example:5432/nextvisit"


def _settings(folder: Path, dsn: str, **more: str) -> DatabaseSettings:
    file = folder / "app.dsn"
    file.write_text(dsn, encoding="utf-8")
    file.chmod(0o600)
    return DatabaseSettings.model_validate({"app": f"file:{file}", **more})


@pytest.mark.parametrize(
    "dsn",
    [
        THERE,
        f"{THERE}?sslmode=require",
        f"{THERE}?sslmode=verify-ca",
        f"{THERE}?sslmode=prefer&host=127.0.0.1,db2.clinic.example",
        "postgresql://u:p4ss@/nextvisit?host=10.1.2.3",
        "postgresql://u:p4ss@localhost/nextvisit?hostaddr=10.1.2.3",
        "host=127.0.0.1] user=u password=p4ss dbname=nextvisit",
        "host=localhost.clinic.example user=u password=p4ss dbname=nextvisit",
    ],
)
def test_another_machine_has_to_prove_who_it_is(tmp_path: Path, dsn: str) -> None:
    with pytest.raises(ConfigError) as refused:
        dsn_of(_settings(tmp_path, dsn), "app")
    assert refused.value.code == "database.tls"
    assert "p4ss" not in str(refused.value)
    assert dsn_of(_settings(tmp_path, dsn, tls="none"), "app") == dsn


@pytest.mark.parametrize(
    "dsn",
    [
        f"{THERE}?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem",
        "postgresql://u:p@127.0.0.1:5432/nextvisit",
        "postgresql://u:p@[::1]:5432/nextvisit",
        "postgresql://u:p@localhost/nextvisit",
        "postgresql:///nextvisit?host=/run/postgresql",
        "dbname=nextvisit",
    ],
)
def test_this_machine_and_a_proven_one_are_let_be(tmp_path: Path, dsn: str) -> None:
    assert dsn_of(_settings(tmp_path, dsn), "app") == dsn


@pytest.mark.parametrize(
    "more",
    [
        "sslmode=require&sslkey=/tmp/evil.so:key",
        "service=x",
        "passfile=/tmp/x",
        "options=-c%20synchronous_commit%3Doff",
        "sslmode=require&ssl_max_protocol_version=TLSv1",
    ],
)
def test_what_no_connection_needs_is_refused(tmp_path: Path, more: str) -> None:
    """libpq loads the engine that a key is of, and reads what a service or a file of passwords says."""
    with pytest.raises(ConfigError) as refused:
        dsn_of(_settings(tmp_path, f"postgresql://u:p4ss@127.0.0.1/nextvisit?{more}"), "app")
    assert refused.value.code == "database.connection"
    assert "p4ss" not in str(refused.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_connects_by_nothing_that_others_wrote(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "dbname=nextvisit")
    os.chown(tmp_path / "app.dsn", 65534, os.getegid())
    (tmp_path / "app.dsn").chmod(0o640)
    with pytest.raises(ConfigError, match="user 65534's"):
        dsn_of(settings, "app")


def test_an_owner_who_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"database\.owner"):
        dsn_of(_settings(tmp_path, THERE), "owner")
