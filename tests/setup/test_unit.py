"""The unit that setup writes: what systemd says of it, and that `up` runs with what it is left."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nextvisit.install.groundwork import create_root_key
from nextvisit.setup import texts
from nextvisit.setup.places import Places
from tests.deploy.test_install import lacking
from tests.house.tree import ROOT
from tests.onebox.test_up import edited, program, started_from

OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


def directive(unit: str, name: str) -> list[str]:
    (value,) = re.findall(rf"^{name}=(.+)$", unit, re.MULTILINE)
    return str(value).split()


def test_systemd_finds_no_fault_and_rates_it_as_the_manual_says(places: Places) -> None:
    if (analyze := shutil.which("systemd-analyze")) is None:
        lacking("systemd")
    places.units.mkdir()
    file = places.units / "nextvisit.service"
    for root in (True, False):
        file.write_text(texts.unit(Path("/bin/true"), places, root=root), encoding="utf-8")
        verified = subprocess.run([analyze, "verify", file], capture_output=True, text=True, check=False)
        assert str(file) not in verified.stderr
        if root:
            rated = subprocess.run(
                [analyze, "security", "--offline=yes", "--no-pager", file],
                capture_output=True,
                text=True,
                check=False,
            )
            (exposure,) = re.findall(r"exposure level for nextvisit\.service: ([\d.]+)", rated.stdout)
            (stated,) = re.findall(r"`systemd-analyze security` rates the unit ([\d.]+)", OPERATE)
            assert float(exposure) <= float(stated)


def test_a_folder_whose_name_systemd_would_read_otherwise_is_quoted(places: Places) -> None:
    odd = places.data.parent / 'a b%h"$HOME'
    text = texts.unit(Path("/bin/true"), Places(odd / "c", odd / "k", odd, places.units), root=True)
    written = str(odd).replace('"', '\\"').replace("%", "%%")
    assert f'Environment="NEXTVISIT_CONFIG={written}/c"\n' in text
    assert f'ReadWritePaths="{written}/k" "{written}"\n' in text
    assert f'ExecStart=/bin/true up --data "{written.replace("$", "$$")}"\n' in text


@pytest.mark.skipif(os.geteuid() != 0, reason="root's unit")
def test_up_runs_with_what_the_unit_leaves_it(places: Places, folder: Path) -> None:
    """Its capabilities, no new privileges, and a machine that nobody can write to but for two folders."""
    etc = folder / "etc"
    etc.mkdir()
    keys = etc / "secrets"
    config, data = edited(etc), folder / "data"
    create_root_key(etc / "root.key")
    config.write_text(
        config.read_text("utf-8").replace(f"{etc}/root.key", f"{keys}/root.key"), encoding="utf-8"
    )
    (etc / "root.key").rename(keys / "root.key")
    data.mkdir(mode=0o711)
    unit = texts.unit(Path("/bin/true"), Places(config, keys, data, folder), root=True)
    rights = [f"+{each.removeprefix('CAP_').lower()}" for each in directive(unit, "CapabilityBoundingSet")]
    written = " && ".join(f"mount --bind {each} {each}" for each in directive(unit, "ReadWritePaths"))
    confined = (
        f"mount --make-rprivate / && mount --bind / / && {written} && mount -o remount,bind,ro /"
        ' && mount -t tmpfs none /var/tmp && cd / && exec "$@"'
    )
    command = [
        *("unshare", "--mount", "sh", "-euc", confined, "sh"),
        *("setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all,{','.join(rights)}"),
        *(*program(), "up", "--config", str(config), "--data", str(data)),
    ]
    env = {**os.environ, "TMPDIR": "/var/tmp"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", env=env
    ) as up:
        assert up.stdout is not None
        said = []
        for line in up.stdout:
            said.append(line)
            if line.startswith("up: "):
                break
        up.terminate()
        if "permission denied" in "".join(said) and "mount" in said[0]:
            pytest.skip("no folder can be mounted here")
        assert said[-1].startswith("up: "), said
    assert up.returncode == 0
    assert started_from(data) == {}
