"""An installation that has backups, and databases to bring them back into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from nextvisit.backup.keys import make_identity
from nextvisit.sdk.private_file import write_private
from tests.cli.conftest import _no_settings_of_this_shell, installed, logs, nobody
from tests.cli.installation import Installation, Said
from tests.postgres import OWNER, Server

__all__ = ["_no_settings_of_this_shell", "installed", "logs", "nobody"]


@dataclass(frozen=True, slots=True)
class Clinic:
    """An installation whose settings name a folder of backups, and the identity that opens them."""

    at: Installation
    backups: Path
    identity: Path

    def run(self, *words: str) -> Said:
        return self.at.run("backup", *words)

    def backup(self) -> Path:
        """A backup of now."""
        said = self.run("create", "--json")
        assert said.code == 0, said.err
        return Path(said.json["file"])

    def verify(self, file: Path, *more: str) -> Said:
        return self.run("verify", str(file), "--identity", str(self.identity), *more)

    def restore(self, file: Path) -> Said:
        return self.run("restore", str(file), "--identity", str(self.identity))

    def turn_to(self, database: str) -> None:
        """The settings' connections lead to that database from now on."""
        for role, dsn in (("owner", self.at.urls.owner), ("app", self.at.urls.app)):
            ours = dsn.rpartition("/")[2].partition("?")[0]
            write_private(
                self.at.config.parent / "secrets" / f"{role}.dsn", dsn.replace(f"/{ours}", f"/{database}")
            )


@pytest.fixture
def clinic(installed: Installation, tmp_path: Path) -> Clinic:
    identity, recipient = make_identity(tmp_path / "safe")
    backups = tmp_path / "backups"
    installed.rewrite(
        lambda document: document.update(backup={"to": str(backups), "recipients": [recipient]})
    )
    return Clinic(installed, backups, identity)


@pytest.fixture
def another(postgres: Server) -> Iterator[Callable[[str], str]]:
    """Makes a database of the owner's, a copy of the one that is named, and says its name."""
    names: list[sql.Identifier] = []

    def make(template: str) -> str:
        name = f"another_{uuid4().hex}"
        names.append(sql.Identifier(name))
        with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    names[-1], sql.Identifier(template), sql.Identifier(OWNER)
                )
            )
        return name

    yield make
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        for each in names:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(each))


@pytest.fixture
def empty(another: Callable[[str], str]) -> str:
    """The name of a database that holds nothing."""
    return another("template1")


@pytest.fixture
def copied(another: Callable[[str], str], installed: Installation) -> Callable[[], str]:
    """Copies the installation's database, as it stands, by other means than ours; the copy's name."""
    return lambda: another(str(conninfo_to_dict(installed.urls.owner)["dbname"]))


@pytest.fixture
def at(postgres: Server) -> Callable[[str], str]:
    """The superuser's connection to a database of that name."""
    return lambda name: postgres.superuser_dsn.replace("/postgres?", f"/{name}?")
