"""A connection's process is given its own connection's settings and secrets, and nothing else of ours."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nextvisit.install.embedded import DATA_FOLDER
from nextvisit.install.supervised import READY_FILE
from nextvisit.sdk.private_file import write_private
from nextvisit.sdk.records import MisRef
from nextvisit.watch import landlock, seccomp
from tests.install.apart.plugins import MEMORY, Site

confined = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
filtered = pytest.mark.skipif(not seccomp.available(), reason="no system call is filtered here")
in_roles = pytest.mark.parametrize("role", ["", "worker", "api"], ids=["command", "worker", "api"])

ASKS = """
import asyncio, json, os, sys
from pathlib import Path
from nextvisit.calls.troubles import Troubles
from nextvisit.install.building import mis_adapter
from nextvisit.install.confinement import confine
from nextvisit.install.plugins import plugins_of
from nextvisit.install.settings import load_settings
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.records import MisRef

role, config, tries = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
settings = load_settings(config)
for each in ("root.key", "app.dsn"):
    os.set_inheritable(os.open(config.parent / each, os.O_RDONLY), True)
if role:
    assert confine(role, config, settings)
mis = mis_adapter(settings, plugins_of(settings), "clinic", Troubles())


async def asked(code):
    try:
        return (await mis.look_up([MisRef(f"runs {code}")])).decode()
    except NextVisitError as error:
        return f"{error}"


async def ask():
    said = {name: await asked(code) for name, code in tries.items()}
    await mis.close()
    return said

print(json.dumps(asyncio.run(ask())))
"""


def asked(site: Site, role: str, **tries: str) -> dict[str, str]:
    """What each of these came to in the process of a connection of that role."""
    folder, own = site.folder, site.folder / "data" / "roles" / role
    own.mkdir(parents=True, exist_ok=True)
    write_private(folder / "data" / "access.json", "secret")
    connection = {"adapter": "acme", "sync_every": "1 hour", "process": {"memory": MEMORY}}
    for name, token in (("clinic", f"file:{folder / 'token'}"), ("other", f"file:{folder / 'other'}")):
        site.mis[name] = {**connection, "settings": {"token": token}}
    site.mis["third"] = {**connection, "settings": {"token": "env:OF_THE_THIRD"}}
    env = {READY_FILE: str(own / "ready"), DATA_FOLDER: str(folder / "data"), "TMPDIR": str(own)}
    run = subprocess.run(
        [sys.executable, "-c", ASKS, role, str(site.config), json.dumps(tries)],
        env={**os.environ, **env, "OF_THE_THIRD": "secret", "PGPASSWORD": "secret"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        umask=0o077,
    )
    assert run.returncode == 0, run.stderr
    said: dict[str, str] = json.loads(run.stdout.splitlines()[-1])
    return said


@confined
@in_roles
def test_it_reads_no_secret_but_its_own(site: Site, role: str) -> None:
    closed = {
        name: f"open({str(site.folder / name)!r}).read()"
        for name in ("root.key", "intake.key", "app.dsn", "owner.dsn", "other", "erased.jsonl", "nextvisit.yaml", "data/access.json")
    }  # fmt: skip
    ways = {
        "by the process that began it": f"open('/proc/' + str(os.getppid()) + '/root' + {str(site.folder / 'root.key')!r})",
        "its files": "[open(f'/proc/{os.getppid()}/fd/{each}').read() for each in os.listdir(f'/proc/{os.getppid()}/fd')]",
        "its memory": "open(f'/proc/{os.getppid()}/mem', 'rb')",
        "by a link": f"os.link({str(site.folder / 'root.key')!r}, os.environ['TMPDIR'] + '/key')",
        "by a child": f"__import__('subprocess').run(['cat', {str(site.folder / 'root.key')!r}], check=True)",
        # Root may read every environment by a capability that no role has.
        **({"its environment": "open(f'/proc/{os.getppid()}/environ').read()"} if os.geteuid() else {}),
    }
    said = asked(
        site, role, own=f"open({str(site.folder / 'token')!r}).read()", held="self.token", **closed, **ways
    )
    assert (said.pop("own"), said.pop("held")) == ("token", "token")
    assert {name: each for name, each in said.items() if not each.startswith("plugin.raised")} == {}


@in_roles
def test_it_inherits_no_descriptor_and_no_variable(site: Site, role: str) -> None:
    said = asked(
        site,
        role,
        files="[os.readlink(f'/proc/self/fd/{each}') for each in os.listdir('/proc/self/fd')[:-1]]",
        variables="sorted(os.environ)",
        words="open('/proc/self/cmdline').read()",
    )
    assert not [each for each in eval(said["files"]) if each.startswith("/") and each != "/dev/null"]
    assert set(eval(said["variables"])) <= {
        "PATH", "PYTHONPATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX", "TMPDIR",
    }  # fmt: skip
    assert "secret" not in repr(said)
    assert str(site.folder) not in said["words"]


def test_a_variable_that_its_settings_name_is_its_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_CLINIC", "letmein")
    assert site.acme(token="env:OF_THE_CLINIC").check


@confined
@filtered
@in_roles
def test_what_binds_the_role_binds_it_and_more(site: Site, role: str) -> None:
    """The kernel counts the filters: the role's, which it was born with, and its own."""
    own = site.folder / "data" / "roles" / role
    said = asked(
        site,
        role,
        filters="[line.split()[1] for line in open('/proc/self/status') if line.startswith('Seccomp_filters')][0]",
        temporary="open(os.environ['TMPDIR'] + '/own', 'w').write('1')",
        mode="os.chmod(os.environ['TMPDIR'] + '/own', 0o777)",
        of_the_role=f"open({str(own / 'ready')!r}, 'w')",
        elsewhere=f"open({str(site.folder / 'new')!r}, 'w')",
        limits="__import__('resource').setrlimit(__import__('resource').RLIMIT_DATA, (2**40, 2**40))",
        core="__import__('resource').getrlimit(__import__('resource').RLIMIT_CORE)",
    )
    assert said.pop("filters") == ("2" if role else "1")
    assert said.pop("temporary") == "1"
    assert said.pop("core") == "(0, 0)"
    if os.geteuid() == 0:
        del said["limits"]  # root raises limits; no role is root
    assert {name: each for name, each in said.items() if not each.startswith("plugin.raised")} == {}


def test_its_folder_goes_with_it(site: Site) -> None:
    async def folder() -> Path:
        mis = site.acme()
        found = Path((await mis.look_up([MisRef("runs os.environ['TMPDIR']")])).decode())
        assert found.is_dir()
        await mis.close()
        return found

    assert not asyncio.run(folder()).exists()
