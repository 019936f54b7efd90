"""What a role cannot open, though its user can: tried from inside, by a process that is confined as it is."""

from __future__ import annotations

import json
import os
import platform
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from nextvisit.install import confinement
from nextvisit.install.embedded import DATA_FOLDER
from nextvisit.install.settings import load_settings
from nextvisit.install.supervised import READY_FILE
from nextvisit.sdk.private_file import write_private
from nextvisit.store.vault.root_key import create_vault_file
from nextvisit.watch import landlock, machine, seccomp
from nextvisit.watch.finding import Grade

confined = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
filtered = pytest.mark.skipif(not seccomp.available(), reason="no system call is filtered here")

TRIES = """
import ctypes, json, os, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from nextvisit.install import confinement
from nextvisit.install.confinement import confine
from nextvisit.install.settings import load_settings
from nextvisit.watch import landlock, seccomp

role, config, tries = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
assert confine(role, config, load_settings(config)) == (landlock.version() > 0 and seccomp.available())


def by_a_child(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        refused = os.strerror(1)
        raise OSError(1, refused if refused in done.stderr else done.stderr)


def by_a_thread(attempt, *arguments):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(attempt, *arguments).result()


def by_number(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *(a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


met = {}
for name, attempt in tries.items():
    try:
        exec(attempt)
        met[name] = "done"
    except OSError as error:
        met[name] = error.strerror
print(json.dumps(met))
"""
REFUSED = {"Permission denied", "Operation not permitted", "Invalid cross-device link"}


class Installed:
    """An installation's files, and its supervisor's process beside."""

    def __init__(self, folder: Path) -> None:
        self.etc, self.data = folder / "etc", folder / "data"
        roles = (self.data / "roles" / role for role in ("api", "worker", "gateway"))
        for each in (self.etc, self.data / "postgres", *roles):
            each.mkdir(parents=True)
        self.root_key, self.owner, self.app, self.intake_key = (
            self.etc / name for name in ("root.key", "owner.dsn", "app.dsn", "intake.key")
        )
        create_vault_file(self.root_key)
        for each in (
            self.owner,
            self.app,
            self.intake_key,
            self.etc / "fhir",
            self.data / "postgres" / "access.json",
        ):
            write_private(each, "secret")
        write_private(self.data / "ca.pem", "public")
        (self.etc / "theirs").symlink_to(self.owner)
        site = {"name": "Klinika", "phone": "+48 22 555 02 00", "zone": "Europe/Warsaw", "country": "PL"}
        clinic = {"token": f"file:{self.etc / 'fhir'}", "ca_file": str(self.data / "ca.pem")}
        settings = {
            "site": {**site, "languages": ["pl"], "public_url": "https://a.example"},
            "database": {"app": f"file:{self.app}", "owner": f"file:{self.owner}"},
            "temporal": {"address": "127.0.0.1:1"},
            "vault": {
                "root_key_file": str(self.root_key),
                "intake_key_file": str(self.intake_key),
                "erased_file": str(self.etc / "erased.jsonl"),
            },
            "mis": {"clinic": {"adapter": "x", "sync_every": "1 hour", "settings": clinic}},
            "channels": {},
        }
        self.config = self.etc / "nextvisit.yaml"
        write_private(self.config, json.dumps(settings))

    def tried(self, role: str, **tries: str) -> dict[str, str]:
        """What each of these came to in that role."""
        own = self.data / "roles" / role
        env = {READY_FILE: str(own / "ready"), DATA_FOLDER: str(self.data), "TMPDIR": str(own)}
        run = subprocess.run(
            [sys.executable, "-c", TRIES, role, str(self.config), json.dumps(tries)],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            umask=0o077,  # as `up` starts it
        )
        met: dict[str, str] = json.loads(run.stdout)
        return met


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


@pytest.fixture
def supervisor(installed: Installed) -> Iterator[subprocess.Popen[Any]]:
    """Another process of the same user, with the owner's connection open, in memory and in its environment."""
    program = (
        f"import sys; file = open({str(installed.owner)!r}); print('here', flush=True); sys.stdin.read()"
    )
    with ExitStack() as until:
        process = until.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        until.callback(process.kill)
        assert process.stdout is not None
        process.stdout.readline()
        yield process


@confined
def test_the_worker_reads_who_was_erased_and_writes_nothing_there(installed: Installed) -> None:
    file = installed.etc / "erased.jsonl"
    write_private(file, "list")
    met = installed.tried(
        "worker",
        read=f"open({str(file)!r})",
        write=f"open({str(file)!r}, 'a')",
        cut=f"os.truncate({str(file)!r}, 0)",
        replace=f"os.rename({str(file)!r}, {str(file)!r} + '.old')",
    )
    assert met.pop("read") == "done"
    assert set(met.values()) <= REFUSED


@confined
@pytest.mark.parametrize("role", ["api", "worker", "gateway"])
def test_a_role_cannot_read_the_owner_s_connection_by_any_way(role: str, installed: Installed) -> None:
    owner, own = str(installed.owner), str(installed.data / "roles" / role)
    met = installed.tried(
        role,
        open=f"open({owner!r})",
        link=f"open({str(installed.etc / 'theirs')!r})",
        root=f"open('/proc/self/root' + {owner!r})",
        own_link=f"os.symlink({owner!r}, {own!r} + '/link'); open({own!r} + '/link')",
        second_name=f"os.link({owner!r}, {own!r} + '/second'); open({own!r} + '/second')",
        moved=f"os.rename({owner!r}, {own!r} + '/moved'); open({own!r} + '/moved')",
        folder_moved=f"os.rename({str(installed.etc)!r}, {own!r} + '/etc')",
        replaced=f"open({owner!r}, 'w')",
        removed=f"os.unlink({owner!r})",
        child=f"print(os.popen('cat ' + {owner!r}).close() and open({owner!r}), file=sys.stderr)",
    )
    assert set(met.values()) <= REFUSED, met


@confined
def test_a_role_sees_no_other_process_s_memory_files_or_environment(
    installed: Installed, supervisor: subprocess.Popen[Any]
) -> None:
    at = f"/proc/{supervisor.pid}"
    met = installed.tried(
        "api",
        memory=f"open('{at}/mem', 'rb')",
        files=f"os.listdir('{at}/fd'); open('{at}/fd/3')",
        root=f"open('{at}/root' + {str(installed.owner)!r})",
        cwd=f"os.listdir('{at}/cwd')",
        # Root may read every environment by a capability that no role has.
        **({"environment": f"open('{at}/environ').read()"} if os.geteuid() else {}),
        **({"signal": f"os.kill({supervisor.pid}, 0)"} if landlock.version() >= 6 else {}),
    )
    assert set(met.values()) <= REFUSED, met
    assert supervisor.poll() is None


@filtered
@pytest.mark.parametrize("role", ["api", "worker", "gateway"])
def test_a_role_opens_nothing_of_its_user_s_to_others(role: str, installed: Installed) -> None:
    """Modes, owners, times and attributes: of what it may not read, of what it may, and of its own."""
    data, key = installed.data, str(installed.root_key)
    own = data / "roles" / role / "own"
    write_private(own, "")
    secrets = {
        "key": installed.root_key,
        "owner": installed.owner,
        "app": installed.app,
        "postgres": data / "postgres" / "access.json",
        "folder": data / "postgres",
    }
    modes = [each.stat().st_mode for each in secrets.values()]
    met = installed.tried(
        role,
        **{f"mode of {name}": f"os.chmod({str(each)!r}, 0o777)" for name, each in secrets.items()},
        handle=f"os.fchmod(os.open({str(own)!r}, os.O_RDWR), 0o666)",
        newest=f"by_number(452, -100, {key.encode()!r}, 0o444, 0)",
        owner=f"os.chown({key!r}, os.getuid(), os.getgid())",
        owner_of_handle=f"os.fchown(os.open({str(own)!r}, os.O_RDWR), os.getuid(), os.getgid())",
        owner_of_link=f"os.lchown({str(installed.etc / 'theirs')!r}, os.getuid(), os.getgid())",
        times=f"os.utime({key!r}, (0, 0))",
        attribute=f"os.setxattr({key!r}, 'user.x', b'')",
        no_attribute=f"os.removexattr({key!r}, 'user.x')",
        child=f"by_a_child('chmod', '444', {key!r})",
        its_child=f"by_a_child('sh', '-c', 'chmod 444 ' + {key!r})",
        another_python=f"by_a_child(sys.executable, '-c', 'import os; os.chmod(' + repr({key!r}) + ', 0o444)')",
        thread=f"by_a_thread(os.chmod, {key!r}, 0o444)",
        ring="by_number(425, 1, 0)",
    )
    assert set(met.values()) == {"Operation not permitted"}, met
    assert [each.stat().st_mode for each in secrets.values()] == modes


@filtered
def test_a_role_limits_no_other_process_and_gets_no_other_view_of_the_machine(
    installed: Installed, supervisor: subprocess.Popen[Any]
) -> None:
    met = installed.tried(
        "worker",
        limits=f"import resource; resource.prlimit({supervisor.pid}, resource.RLIMIT_NOFILE, (0, 0))",
        affinity=f"os.sched_setaffinity({supervisor.pid}, {{0}})",
        schedule=f"os.sched_setscheduler({supervisor.pid}, os.SCHED_IDLE, os.sched_param(0))",
        nice=f"os.setpriority(os.PRIO_PROCESS, {supervisor.pid}, 19)",
        for_all="os.setpriority(os.PRIO_USER, 0, 19)",
        debugger=f"by_number({'101' if platform.machine() == 'x86_64' else '117'}, 16, {supervisor.pid}, 0, 0)",
        namespace="by_a_child('unshare', '--user', 'true')",
        cloned=f"by_number({'56' if platform.machine() == 'x86_64' else '220'}, 0x10000000 | 17, 0, 0, 0, 0)",
    )
    assert set(met.values()) == {"Operation not permitted"}, met


@confined
def test_what_a_role_does_it_still_does(installed: Installed) -> None:
    """Files of its own with the mode that they are made with, threads, children, limits of its own."""
    own = installed.data / "roles" / "worker"
    met = installed.tried(
        "worker",
        ready=f"from nextvisit.sdk.private_file import write_private; write_private(Path({str(own / 'ready')!r}), '1', mode=0o640)",
        private=f"write_private(Path({str(own / 'private')!r}), '1')",
        temporary="import tempfile; tempfile.NamedTemporaryFile().write(b'x')",
        folder="f = tempfile.TemporaryDirectory(); Path(f.name, 'a').mkdir(); f.cleanup()",
        thread="by_a_thread(os.getpid)",
        child="by_a_child('true')",
        fork="os.waitpid(os.fork() or os._exit(0), 0)",
        limits="import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        affinity="os.sched_setaffinity(0, os.sched_getaffinity(0))",
        database="import sqlite3; sqlite3.connect(tempfile.mktemp()).execute('CREATE TABLE t (x)')",
        loop="import uvloop, asyncio; uvloop.run(asyncio.sleep(0))",
    )
    assert set(met.values()) == {"done"}, met
    assert [stat.S_IMODE((own / each).stat().st_mode) for each in ("ready", "private")] == [0o640, 0o600]


@confined
def test_a_role_opens_nothing_of_the_data_but_its_own_folder(installed: Installed) -> None:
    data = installed.data
    met = installed.tried(
        "worker",
        postgres=f"open({str(data / 'postgres' / 'access.json')!r})",
        listing=f"os.listdir({str(data)!r})",
        other_role=f"os.listdir({str(data / 'roles' / 'api')!r})",
        written=f"open({str(data / 'roles' / 'api' / 'ready')!r}, 'w')",
    )
    assert set(met.values()) <= REFUSED, met


@confined
def test_a_role_writes_nowhere_but_into_its_own_folder(installed: Installed) -> None:
    own = str(installed.data / "roles" / "api")
    met = installed.tried(
        "api",
        home="open(os.path.expanduser('~/.profile.nextvisit'), 'w')",
        settings=f"open({str(installed.config)!r}, 'a')",
        program="open(json.__file__, 'a')",
        beside=f"open({str(installed.etc / 'new')!r}, 'w')",
    )
    assert set(met.values()) <= REFUSED, met
    met = installed.tried(
        "api", own=f"open({own!r} + '/ready', 'w').write('1')", null="open('/dev/null', 'w')"
    )
    assert set(met.values()) == {"done"}


@confined
def test_a_role_reads_what_the_settings_name_and_what_programs_need(installed: Installed) -> None:
    met = installed.tried(
        "worker",
        **{
            each.name: f"open({str(each)!r}).read()"
            for each in (
                installed.config,
                installed.app,
                installed.root_key,
                installed.etc / "fhir",
                installed.data / "ca.pem",
                Path("/etc/passwd"),
                Path("/proc/self/status"),
            )
        },
        library="import sqlite3, zoneinfo; zoneinfo.ZoneInfo('Europe/Warsaw')",
    )
    assert set(met.values()) == {"done"}, met


@confined
@pytest.mark.parametrize("role", ["api", "gateway"])
def test_the_api_cannot_read_the_root_key(installed: Installed, role: str) -> None:
    """Nor the gateway: both only take in."""
    met = installed.tried(role, root_key=f"open({str(installed.root_key)!r})")
    assert set(met.values()) <= REFUSED, met
    met = installed.tried(role, intake_key=f"open({str(installed.intake_key)!r})")
    assert set(met.values()) == {"done"}, met


def test_whatever_is_closed_what_stands_beside_it_is_open(tmp_path: Path) -> None:
    for name in ("a/b/closed", "a/b/open", "a/c/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "b")
    found = set(landlock.everything_but([tmp_path / "a" / "b" / "closed"]))
    assert {tmp_path / "a" / "b" / "open", tmp_path / "a" / "c"} <= found
    assert not any(each in found for each in (tmp_path / "a", tmp_path / "a" / "link", tmp_path / "a" / "b"))
    assert list(landlock.everything_but([])) == [Path("/")]


@pytest.mark.anyio
async def test_a_kernel_that_cannot_confine_the_roles_is_told(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role goes on; the doctor notes it, which calls nobody."""
    assert [each.grade for each in await machine.confinement()] == [
        Grade.OK if has else Grade.INFORMS for has in (landlock.version(), seccomp.available())
    ]
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(confinement, "version", lambda: 0)
    monkeypatch.setattr(seccomp, "available", lambda: False)
    with capture_logs() as said:
        assert not confinement.confine("api", installed.config, load_settings(installed.config))
    assert [(each["event"], each["kind"]) for each in said] == [
        ("role.unconfined", "landlock"),
        ("role.unconfined", "seccomp"),
    ]
    files, calls = await machine.confinement()
    assert {files.grade, calls.grade} == {Grade.INFORMS}
    assert "Linux 5.13" in files.do
    assert "seccomp" in calls.do
