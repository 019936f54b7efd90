"""The embedded server of `nextvisit up`: backed up while it runs, and brought back while it is stopped."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nextvisit.backup.keys import make_identity
from nextvisit.onebox.os_users import APPLIANCE, os_user
from nextvisit.store.vault.root_key import create_vault_file
from tests.onebox.test_up import edited, nextvisit, running

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One that other users can reach: started by root, each process runs as a user of its own."""
    monkeypatch.chdir("/")
    with tempfile.TemporaryDirectory(prefix="nv-backup-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


def _with_backups(folder: Path, config: Path) -> Path:
    """The identity; it lies where nobody but us reads, and backups where the appliance writes."""
    identity, recipient = make_identity(folder / "safe")
    backups = folder / "backups"
    backups.mkdir(mode=0o700)
    if os.geteuid() == 0:
        user = os_user(APPLIANCE)
        os.chown(backups, user.uid, user.gid)
    with config.open("a", encoding="utf-8") as file:
        file.write(f"\nbackup:\n  to: {backups}\n  recipients: [{recipient}]\n")
    return identity


async def test_a_backup_comes_back_into_the_folder_of_up_and_not_while_it_runs(folder: Path) -> None:
    etc, data, fresh = folder / "etc", folder / "data", folder / "fresh"
    etc.mkdir()
    create_vault_file(etc / "root.key")
    config = edited(etc)
    identity = _with_backups(folder, config)
    async with running(config, data):
        code, printed = await nextvisit("backup", "create", "--config", str(config))
        assert code == 0, printed
        (file,) = (folder / "backups").iterdir()
        asked = ("backup", "restore", str(file), "--identity", str(identity), "--config", str(config))
        # At once, for each is a process that takes seconds to begin.
        places = ((), ("--data", str(data)), ("--data", str(fresh)))
        for code, printed in await asyncio.gather(*(nextvisit(*asked, *each) for each in places)):
            assert code == 3
            assert "another `nextvisit up`" in printed
    code, printed = await nextvisit(*asked, "--data", str(data))
    assert code == 3
    assert "holds" in printed
    code, printed = await nextvisit(*asked, "--data", str(fresh))
    assert code == 0, printed
    async with running(config, fresh):
        code, printed = await nextvisit("audit", "verify", "--config", str(config))
        assert code == 3, printed  # nothing is broken, nothing was kept elsewhere
        code, printed = await nextvisit(*asked[:1], "verify", *asked[2:], "--restore")
        assert code == 0, printed
