"""docs/operate.md, "Install on one machine", followed to the letter: each block of the page is run as it stands.

Where the page writes into the machine's folders, those are layers of this test's over them. systemd runs on no
machine of tests: systemctl.py does with the unit what the page asks it for.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nextvisit.onebox.ports import free_port
from nextvisit.sdk.private_file import write_private
from tests.deploy.test_install import python_of_everybody
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## Install on one machine\n")[2].partition("\n## ")[0]
BLOCK = re.compile(r"^```(sh|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
RELEASE = ("deploy", "constraints", "core", "workflows", "plugins", "pyproject.toml", "README.md")
LAYERED = ("/etc", "/opt", "/usr/local", "/var/lib")
NOBODY = "65534"


def blocks(title: str) -> list[str]:
    """What stands under it, in order."""
    under = SECTION.partition(f"### {title}\n")[2].partition("\n### ")[0]
    return [text for _, text in BLOCK.findall(under)]


@dataclass(frozen=True, slots=True)
class Clinic:
    """A folder with the release as it was unpacked, and the clinic's servers."""

    folder: Path
    servers: Mapping[str, Any]

    @property
    def release(self) -> Path:
        return self.folder / "release"

    def answer(self) -> None:
        """answers.yaml as the page has it, each answer this clinic's; and the secrets where it says."""
        (page,) = blocks("What only you know")
        keys = re.findall(r"^(\w+): ", page, re.MULTILINE)
        secrets = {"mis_token": "t0ken", "mail_password": "m4il", "sms_password": "sms"}
        for key, value in secrets.items():
            write_private(self.folder / key, f"{value}\n")
        own = {
            "name": "Klinika Nad Stawem",
            "short_name": "Klinika",
            "country": "PL",
            "phone": "+48 22 555 02 00",
            "zone": "Europe/Warsaw",
            "languages": ["pl", "en"],
            "public_url": "https://localhost",
            "mis_url": self.servers["fhir"],
            **{key: f"file:{self.folder / key}" for key in secrets},
            "mail_host": "127.0.0.1",
            "mail_port": self.servers["smtp_port"],
            "mail_tls": "starttls",
            "mail_username": "nextvisit",
            "mail_sender": "wizyty@klinika.invalid",
            "sms_host": "127.0.0.1",
            "sms_port": self.servers["smpp_port"],
            "sms_tls": "none",
            "sms_system_id": "nextvisit",
            "sms_sender": "+48500600701",
        }
        assert own.keys() == set(keys), "the page and this clinic do not answer the same"
        # What the page leaves at what it is, and this machine has others on.
        own |= {key: free_port() for key in ("api_port", "postgres_port", "temporal_port")}
        own["mail_ca_file"] = str(self.folder / "ca.pem")
        text = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in own.items())
        (self.release / "answers.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    """On the sandbox's MIS, mail relay and message centre."""
    with tempfile.TemporaryDirectory(prefix="nv-manual-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        ours = shutil.ignore_patterns("__pycache__", "sandbox", "*.pyc")
        (folder / "release").mkdir()
        for each in RELEASE:
            come = ROOT / each
            if come.is_dir():
                shutil.copytree(come, folder / "release" / each, ignore=ours)
            else:
                shutil.copy(come, folder / "release" / each)
        told = {
            "seed": 7,
            "patients": 40,
            "fhir_token": "t0ken",
            "smtp_password": "m4il",
            "smpp_password": "sms",
        }
        told |= {"tls_dir": str(folder), "ca_file": str(folder / "ca.pem"), "patients_act": False}
        (folder / "sandbox.json").write_text(json.dumps(told), encoding="utf-8")
        command = [sys.executable, "-m", "nextvisit_sandbox", "--config", str(folder / "sandbox.json")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as sandbox:
            try:
                assert sandbox.stdout is not None
                ready = json.loads(sandbox.stdout.readline())
                (folder / "ca.pem").chmod(0o644)
                made = Clinic(folder, ready)
                made.answer()
                yield made
            finally:
                sandbox.terminate()


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs blocks as somebody, each in the release's folder. before: what becomes that somebody."""

    clinic: Clinic
    home: Path
    before: Sequence[str]

    def follow(self, *texts: str) -> str:
        """All of them in one shell. What they print, once all of it went well."""
        tools = self.clinic.folder / "tools"
        tools.mkdir(exist_ok=True)
        stand_in = tools / "systemctl"
        stand_in.write_text(
            f'#!/bin/sh\nexec {python_of_everybody()} {self.clinic.folder}/systemctl.py "$@"\n',
            encoding="utf-8",
        )
        stand_in.chmod(0o755)
        shutil.copy(ROOT / "tests" / "deploy" / "systemctl.py", self.clinic.folder)
        done = subprocess.run(
            [*self.before, "sh", "-eux", "-c", "\n".join([f"cd {self.clinic.release}", *texts])],
            cwd="/",
            env={
                "HOME": str(self.home),
                "PATH": f"{tools}:{os.environ['PATH']}",
                "PYTHON": python_of_everybody(),
                "PIDS": str(self.home / "nextvisit.pid"),
                **{key: value for key, value in os.environ.items() if key.startswith("PIP_")},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def layers(folder: Path) -> Iterator[Sequence[str]]:
    """The command that enters this machine with what is written into its folders kept in `folder`."""
    with subprocess.Popen(["unshare", "--mount", "sleep", "infinity"]) as held:
        try:
            enter = ["nsenter", f"--mount=/proc/{held.pid}/ns/mnt"]
            for each in LAYERED:
                upper, work = folder / "upper" / each[1:], folder / "work" / each[1:]
                upper.mkdir(parents=True)
                work.mkdir(parents=True)
                at = f"lowerdir={each},upperdir={upper},workdir={work}"
                mounted = subprocess.run(
                    [*enter, "mount", "-t", "overlay", "overlay", "-o", at, each],
                    check=False,
                    capture_output=True,
                )
                if mounted.returncode:
                    pytest.skip(f"no layer over {each} can be mounted here")
            yield enter
        finally:
            held.kill()


def green(doctor: str) -> bool:
    return "WRONG" not in doctor and "ok     mis clinic:" in doctor and "ok     roles: worker runs" in doctor


@pytest.mark.skipif(os.geteuid() != 0, reason="root's part of the page")
@pytest.mark.timeout(1200)
def test_the_page_followed_to_the_letter_as_root(clinic: Clinic) -> None:
    with layers(clinic.folder / "layers") as enter:
        shell = Shell(clinic, clinic.folder, enter)
        install, machine = blocks("The program"), blocks("The machine")
        said = shell.follow(*install, *machine, "nextvisit setup --check")
        assert re.search(r"^nextvisit \d+\.\d+\.\d+ \(SDK \d", said, re.MULTILINE)
        assert "WRONG" not in said
        try:
            assert green(shell.follow(*blocks("Start"), *blocks("See that it works")))
            # The example for the proxy, the unit and the settings are where the page says.
            shell.follow(
                "test -f /etc/nextvisit/nginx.example.conf && test -f /etc/systemd/system/nextvisit.service"
            )
            assert green(shell.follow(*blocks("Upgrade it")))
            shell.follow("sh /opt/nextvisit/install.sh --back", "systemctl restart nextvisit")
            assert green(shell.follow(*blocks("See that it works")))
        finally:
            shell.follow(*blocks("Remove it"))
        left = shell.follow(
            "ls -d /opt/nextvisit /usr/local/bin/nextvisit /var/lib/nextvisit-keys/root.key || :"
        )
        assert left.split() == ["/var/lib/nextvisit-keys/root.key"]


@pytest.mark.timeout(1200)
def test_the_page_followed_to_the_letter_by_an_ordinary_user(clinic: Clinic) -> None:
    home = clinic.folder / "home"
    home.mkdir()
    before: Sequence[str] = ()
    if os.geteuid() == 0:
        before = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        for each in (
            home,
            clinic.release,
            *(clinic.folder / f"{name}" for name in ("mis_token", "mail_password", "sms_password")),
        ):
            os.chown(each, int(NOBODY), int(NOBODY))
    shell = Shell(clinic, home, before)
    whole, remove = blocks("As an ordinary user")
    try:
        assert green(shell.follow(whole))
    finally:
        shell.follow(remove)
    share = home / ".local" / "share" / "nextvisit"
    assert sorted(each.name for each in share.iterdir()) == ["data", "keys"]
