"""Who runs what when root starts it, and what a neighbour on the machine can read."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from nextvisit.install.groundwork import create_root_key
from nextvisit.install.settings import VaultSettings
from nextvisit.onebox.handover import give_granted
from nextvisit.onebox.os_users import API, APPLIANCE, POSTGRES, os_user
from nextvisit.onebox.spawner import Spawner
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.private_file import write_private
from nextvisit.store.vault.intake_key import IntakeKey
from tests.onebox.enterable import enterable_python
from tests.onebox.test_up import HEARS_A_HANG_UP, edited, nextvisit, program, running, started_from

pytestmark = pytest.mark.anyio
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")

OPENS = """
import json, sys
opened = []
for path in json.loads(sys.stdin.read()):
    try:
        open(path, "rb").close()
        opened.append(path)
    except OSError:
        pass
print(json.dumps(opened))
"""


PLANTED = """
import os, sys
from nextvisit.sdk.hookspecs import ChannelPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS
sys.stderr.write(f"loaded by {os.getresuid()}")
@hookimpl
def channels():
    return [ChannelPlugin("planted", PluginSettings, TEXTS, lambda settings: None)]
"""


async def installed(folder: Path) -> tuple[Path, Path, Path]:
    etc, data = folder / "etc", folder / "data"
    etc.mkdir()
    etc.chmod(0o755)
    create_root_key(etc / "root.key")
    return edited(etc), etc, data


def of_an_earlier_start(data: Path, etc: Path) -> None:
    """As root, before an own user was made for it."""
    (data / "logs").mkdir(parents=True)
    (data / "logs").chmod(0o755)
    (data / "temporal").mkdir()
    (data / "logs" / "api.log").write_text("of an earlier start\n", encoding="utf-8")
    (data / "logs" / "planted").symlink_to(etc / "root.key")


def files_in(*folders: Path) -> set[Path]:
    """All files, whoever may see them."""
    return {
        each for folder in folders for each in folder.rglob("*") if each.is_file() and not each.is_symlink()
    }


def opened_by(user: str, files: set[Path]) -> set[Path]:
    """Those that this user can read, when it knows where they are."""
    entry = pwd.getpwnam(user)
    run = subprocess.run(
        [enterable_python(), "-c", OPENS],
        input=json.dumps([str(each) for each in files]),
        capture_output=True,
        text=True,
        check=True,
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
    )
    return {Path(each) for each in json.loads(run.stdout)}


def facts_of(folder: Path) -> set[tuple[Path, int, int, int]]:
    """Of it and all in it: mode, owner and when it was changed."""
    each_of = ((each, each.stat()) for each in (folder, *folder.rglob("*")))
    return {(each, its.st_mode, its.st_uid, its.st_mtime_ns) for each, its in each_of}


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def children_of(pid: int) -> set[int]:
    found = set()
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if int(status(int(each.name))["PPid"]) == pid:
                found |= {int(each.name), *children_of(int(each.name))}
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@as_root
async def test_nothing_that_root_starts_goes_on_as_root_and_each_has_its_own_user(folder: Path) -> None:
    """Nor do the data of an earlier start stay root's. What starts the API's processes takes all along."""
    config, etc, data = await installed(folder)
    of_an_earlier_start(data, etc)
    async with running(config, data) as up:
        everything = {up.pid, *children_of(up.pid)}
        assert len(everything) >= 8
        users = {pid: set(status(pid)["Uid"].split()) for pid in everything}
        assert not any("0" in each for each in users.values()), "real, effective, saved and of files"
        assert not any("0" in status(pid)["Groups"].split() for pid in everything)
        assert {status(pid)["NoNewPrivs"] for pid in everything} == {"1"}

        roles = started_from(data)
        uids = {name: str(os_user(name).uid) for name in (APPLIANCE, API, POSTGRES)}
        assert {name: users[roles[name]] for name in ("up", "worker", "gateway", "api")} == {
            "up": {uids[APPLIANCE]},
            "worker": {uids[APPLIANCE]},
            "gateway": {uids[APPLIANCE]},
            "api": {uids[API]},
        }
        assert {uids[POSTGRES]} in users.values()

        files = files_in(etc, data)
        assert {each.name for each in files} >= {
            "root.key",
            "owner.dsn",
            "access.json",
            "temporal.db",
            "up.log",
        } - {"up.log"}
        # Who may connect to PostgreSQL is no secret, and the settings hold none.
        assert opened_by("nobody", files) == {config, data / "postgres" / "pg_hba.conf"}
        theirs = {each for each in opened_by(API, files) if not each.is_relative_to(data / "roles" / "api")}
        secrets = {etc / "secrets" / name for name in ("app.dsn", "intake.key", "fhir", "smtp", "smpp")}
        assert theirs == {config, data / "postgres" / "pg_hba.conf", *secrets}
        postgres = opened_by(
            POSTGRES, {each for each in files if not each.is_relative_to(data / "postgres" / "data")}
        )
        assert postgres == {config, data / "postgres" / "pg_hba.conf"}

        mine = {each for each in files if each.is_relative_to(data) and "postgres/data" not in str(each)}
        assert {each.stat().st_uid for each in mine} == {os_user(APPLIANCE).uid, os_user(API).uid}
        assert stat.S_IMODE((data / "logs").stat().st_mode) == 0o700

        os.kill(roles["api"], signal.SIGKILL)
        async with asyncio.timeout(300):
            while started_from(data).get("api", roles["api"]) == roles["api"]:
                await asyncio.sleep(0.05)
        os.kill(int(status(started_from(data)["api"])["PPid"]), signal.SIGKILL)
        assert await asyncio.wait_for(up.wait(), 300) == 4, "with a word, to be started again"
    assert started_from(data) == {}


@as_root
async def test_root_s_commands_load_plugins_as_whoever_has_the_root_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While that is root, they are root's; what such a user may not read is said with who may not."""
    config, etc, _ = await installed(folder)
    whole = config.read_text(encoding="utf-8")
    planted = whole.replace("channel: sms_smpp", "channel: planted")
    config.write_text(planted, encoding="utf-8")
    described = folder / "planted" / "planted-1.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: planted\nVersion: 1\nRequires-Dist: nextvisit-sdk>=1,<2\n",
        encoding="utf-8",
    )
    (described / "entry_points.txt").write_text("[nextvisit]\nplanted = planted\n", encoding="utf-8")
    (described.parent / "planted.py").write_text(PLANTED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(described.parent))
    _, printed = await nextvisit("doctor", "--config", str(config))
    assert "loaded by (0, 0, 0)" in printed
    uid = os_user(APPLIANCE).uid
    os.chown(etc / "root.key", uid, uid)
    _, printed = await nextvisit("doctor", "--config", str(config))
    assert f"loaded by {(uid, uid, uid)}" in printed
    assert f"loaded by {(uid, uid, uid)}" in (await nextvisit("plugins", "--config", str(config)))[1]
    config.write_text(whole, encoding="utf-8")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    code, printed = await nextvisit("campaign", "validate", str(closed / "campaign"), "--config", str(config))
    assert code == 3
    assert f"Permission denied for {APPLIANCE}" in printed
    config.write_text(planted, encoding="utf-8")
    code, printed = await nextvisit("vault", "grant", "--config", str(config))
    assert code == 3
    assert "loaded by" not in printed, "what makes files for the roles loads none"


@as_root
def test_what_root_is_granted_is_read_by_the_roles_that_a_service_manager_starts(folder: Path) -> None:
    """As their users and without root, so nobody hands anything over later."""
    user, api = os_user(APPLIANCE), os_user(API)
    keys = VaultSettings(
        root_key_file=folder / "root.key",
        intake_key_file=folder / "intake.key",
        erased_file=folder / "erased",
    )
    give_granted(keys)
    for file in (keys.root_key_file, keys.intake_key_file, keys.erased_file):
        write_private(file, "made by root")
    give_granted(keys)
    owned = {
        file.name: (file.stat().st_uid, file.stat().st_gid, stat.S_IMODE(file.stat().st_mode))
        for file in folder.iterdir()
    }
    assert owned == {
        "root.key": (0, 0, 0o600),
        "intake.key": (user.uid, api.gid, 0o640),
        "erased": (user.uid, user.gid, 0o600),
    }


@as_root
@pytest.mark.parametrize("command", [("db", "migrate"), ("vault", "grant")])
async def test_root_speaks_to_no_database_that_others_have_named(
    command: tuple[str, str], folder: Path
) -> None:
    """libpq loads what a connection names, and whoever got hold of `nextvisit` writes the connection."""
    config, etc, _ = await installed(folder)
    asked: asyncio.Queue[int] = asyncio.Queue()

    async def spoken_to(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")[1]
        for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
            local, remote, uid = (line.split()[each] for each in (1, 2, 7))
            if [int(each.partition(":")[2], 16) for each in (local, remote)] == [peer, port]:
                asked.put_nowait(int(uid))
        writer.close()

    async with await asyncio.start_server(spoken_to, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        user, keys = os_user(APPLIANCE), etc / "secrets"
        for name in ("app", "owner"):
            write_private(keys / f"{name}.dsn", f"postgresql://x:x@127.0.0.1:{port}/x", mode=0o640)
            os.chown(keys / f"{name}.dsn", user.uid, 0)
        code, printed = await nextvisit(*command, "--config", str(config))
        assert code == 3
        assert "root connects by nothing that others wrote" in printed
        assert asked.empty()
        os.chown(etc / "root.key", user.uid, user.gid)
        await nextvisit(*command, "--config", str(config))
        assert asked.get_nowait() == user.uid


@as_root
async def test_root_runs_nothing_by_settings_that_a_stranger_wrote_or_can_replace(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _, data = await installed(folder)
    there = folder / "config"
    there.mkdir()
    shutil.copy(config, there / "nextvisit.yaml")
    os.chown(there, 65534, 65534)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NEXTVISIT_CONFIG", "config/nextvisit.yaml")
    for command in (("doctor",), ("db", "migrate"), ("worker",), ("up", "--data", str(data))):
        code, printed = await nextvisit(*command)
        assert code == 3, command
        assert f"user 65534 can replace it, whose {there} is" in printed
    assert not data.exists()


@as_root
@pytest.mark.parametrize("what", ["data", "keys"])
async def test_root_makes_nothing_behind_a_stranger_s_link(what: str, folder: Path) -> None:
    config, etc, data = await installed(folder)
    theirs, precious = folder / "theirs", folder / "precious"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    precious.mkdir()
    (theirs / what).symlink_to(precious)
    if what == "data":
        data = theirs / "data" / "of" / "ours"
    else:
        told = config.read_text(encoding="utf-8")
        config.write_text(told.replace(f"{etc}/secrets", f"{theirs}/keys"), encoding="utf-8")
    code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
    assert code == 3
    assert f"user 65534 can replace it, whose {theirs} is" in printed
    assert not list(precious.iterdir())


@as_root
def test_what_cannot_start_the_processes_of_a_user_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the settings is to be changed: as with one that ends later, `up` is to be started again."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RetryLater, match=f"the processes of {API} does not answer"):
        Spawner.start(os_user(API))


@as_root
async def test_what_the_users_cannot_read_is_refused_with_what_to_run(folder: Path) -> None:
    config, etc, data = await installed(folder)
    closed = etc / "secrets" / "smtp; true $(x)"
    (etc / "secrets" / "smtp").rename(closed)
    config.write_text(
        config.read_text(encoding="utf-8").replace(f"file:{etc}/secrets/smtp", f"'file:{closed}'"),
        encoding="utf-8",
    )
    os.chown(closed, 0, 0)
    code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
    assert code == 3
    assert f"run `chown root:{API} '{closed}' && chmod 640 '{closed}'`" in printed, "as a shell reads it"
    assert (etc / "root.key").stat().st_uid == 0, "what is refused has changed nothing"
    etc.chmod(0o700)
    code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
    assert code == 3
    assert f"run `chmod o+x {etc}`" in printed
    assert not data.exists()


@as_root
async def test_a_key_that_others_could_read_is_refused_and_not_mended_in_silence(folder: Path) -> None:
    config, etc, data = await installed(folder)
    (etc / "root.key").chmod(0o444)
    code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
    assert code == 3
    assert f"chmod o-rwx {etc / 'root.key'}" in printed
    assert stat.S_IMODE((etc / "root.key").stat().st_mode) == 0o444


@as_root
async def test_the_data_of_another_user_is_left_as_it_is(folder: Path) -> None:
    """And what others may have put something into."""
    config, etc, data = await installed(folder)
    data.mkdir()
    os.chown(data, 65534, 65534)
    code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
    assert code == 3
    assert "start it as that user" in printed
    assert data.stat().st_uid == 65534
    os.chown(data, 0, 0)
    data.chmod(0o777)
    code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
    assert code == 3
    assert f"run `chmod 711 {data}` once you have looked" in printed
    assert (etc / "root.key").stat().st_uid == 0


@as_root
def test_a_python_that_they_cannot_run_is_refused(folder: Path) -> None:
    if enterable_python() == sys.executable:
        pytest.skip("everybody may run this Python")
    config, _, data = asyncio.run(installed(folder))
    run = subprocess.run(
        [sys.executable, "-m", "nextvisit.cli", "up", "--config", str(config), "--data", str(data)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3
    assert "install NextVisit where everybody may enter" in run.stderr
    assert not data.exists()


@as_root
@pytest.mark.parametrize(("role", "user"), [("api", API), ("worker", APPLIANCE), ("gateway", APPLIANCE)])
async def test_a_role_that_root_starts_by_hand_becomes_its_user(role: str, user: str, folder: Path) -> None:
    """It waits for a database that is not there, as that user, and ends when the terminal hangs up."""
    config, etc, _ = await installed(folder)
    write_private(etc / "secrets" / "app.dsn", "postgresql://a:b@127.0.0.1:1/none")
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    IntakeKey(1, public, 2, bytes(32)).write(etc / "secrets" / "intake.key")
    process = await asyncio.create_subprocess_exec(
        *(enterable_python(), "-c", HEARS_A_HANG_UP, *program()),
        *(role, "--config", str(config)),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        said = []
        while b"role.waiting" not in (line := await process.stderr.readline()):
            said.append(line)
            assert line, f"it ended, and said {said}"
        assert set(status(process.pid)["Uid"].split()) == {str(os_user(user).uid)}
        assert status(process.pid)["NoNewPrivs"] == "1"
        process.send_signal(signal.SIGHUP)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.skipif(os.geteuid() == 0, reason="of an ordinary user's start")
async def test_of_an_ordinary_user_s_start_nobody_else_can_read_anything(folder: Path) -> None:
    config, etc, data = await installed(folder)
    async with running(config, data):
        found = {each: stat.S_IMODE(each.stat().st_mode) for each in files_in(etc / "secrets", data)}
        open_to_others = {each for each, mode in found.items() if mode & 0o007}
        assert open_to_others <= {data / "postgres" / "pg_hba.conf"}
        assert stat.S_IMODE((etc / "root.key").stat().st_mode) == 0o400


@as_root
async def test_root_neither_makes_nor_gives_anything_where_another_user_may_put_links(folder: Path) -> None:
    """Once the data are nextvisit's, whoever got hold of that user may have put a link in a folder's place."""
    config, etc, data = await installed(folder)
    user = os_user(APPLIANCE)
    theirs = folder / "theirs"
    theirs.mkdir(mode=0o700)
    write_private(theirs / "pg_hba.conf", "as it was")
    before = facts_of(theirs)
    for planted in ("postgres", "roles", "roles/api", "postgres/data"):
        shutil.rmtree(data, ignore_errors=True)
        for name, owner in (("roles", user), ("roles/api", os_user(API)), ("postgres", user)):
            (data / name).mkdir(parents=True)
            os.chown(data / name, owner.uid, owner.gid)
        os.chown(data, user.uid, user.gid)
        if (data / planted).exists():
            (data / planted).rename(folder / f"moved-{planted.replace('/', '-')}")
        (data / planted).symlink_to(theirs)
        code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
        assert code == 3
        assert f"{data / planted}: " in printed
        assert "root makes and follows nothing there" in printed
        assert facts_of(theirs) == before
    assert (etc / "root.key").stat().st_uid == 0, "what is refused has changed nothing"


async def test_a_planted_link_is_refused_wherever_up_writes(folder: Path) -> None:
    config, etc, data = await installed(folder)
    theirs = folder / "theirs"
    write_private(theirs, "as it was")
    for planted in (etc / "secrets" / "app.dsn.up", etc / "secrets" / "owner.dsn", data / "up.lock"):
        planted.parent.mkdir(exist_ok=True, mode=0o711)
        planted.unlink(missing_ok=True)
        planted.symlink_to(theirs)
        code, printed = await nextvisit("up", "--config", str(config), "--data", str(data))
        planted.unlink()
        assert code == 3
        assert f"{planted}: is a link" in printed
        assert theirs.read_text(encoding="utf-8") == "as it was"
    assert started_from(data) == {}
