"""Stands in for systemctl where no systemd runs: does with a unit of ours what the manual asks systemd for.

Run as `systemctl`. Of the unit it reads ExecStart and Environment, and keeps the service's process in PIDS.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path


def main(words: list[str]) -> None:
    user = "--user" in words
    folder = Path.home() / ".config" / "systemd" / "user" if user else Path("/etc/systemd/system")
    match [each for each in words if not each.startswith("--")]:
        case ["daemon-reload"]:
            assert (folder / "nextvisit.service").is_file()
        case ["enable", "nextvisit"]:
            start(folder)
        case ["disable", "nextvisit"]:
            stop()
        case ["restart", "nextvisit"]:
            stop()
            start(folder)
        case _:
            sys.exit(f"systemctl: {words} is not in the manual")


def start(folder: Path) -> None:
    """Until it is up."""
    unit = (folder / "nextvisit.service").read_text(encoding="utf-8")
    (command,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    environment = dict(each.split("=", 1) for each in re.findall(r"^Environment=(.+)$", unit, re.MULTILINE))
    kept = {key: os.environ[key] for key in ("HOME", "PATH")}
    reads, writes = os.pipe()
    process = subprocess.Popen(
        command.split(),
        env=kept | environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=writes,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    os.close(writes)
    Path(os.environ["PIDS"]).write_text(str(process.pid), encoding="ascii")
    log = Path(os.environ["PIDS"]).with_suffix(".log")
    with os.fdopen(reads, encoding="utf-8") as said, log.open("a", encoding="utf-8") as kept_words:
        for line in said:
            kept_words.write(line)
            if line.startswith("up: "):
                return
    sys.exit(f"systemctl: {log.read_text(encoding='utf-8')}")


def stop() -> None:
    """Until it has ended."""
    pid = int(Path(os.environ["PIDS"]).read_text(encoding="ascii"))
    ended = os.pidfd_open(pid)
    os.kill(pid, signal.SIGTERM)
    select.select([ended], [], [])


if __name__ == "__main__":
    main(sys.argv[1:])
