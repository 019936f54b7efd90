"""Where the parts of one machine's installation are."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

_ROOTS = (
    Path("/etc/nextvisit/nextvisit.yaml"),
    Path("/var/lib/nextvisit-keys"),
    Path("/var/lib/nextvisit"),
    Path("/etc/systemd/system"),
)


@dataclass(frozen=True, slots=True)
class Places:
    """config: the settings file. keys, data, units: folders: of keys, of `up --data`, of systemd."""

    config: Path
    keys: Path
    data: Path
    units: Path

    @property
    def secrets(self) -> Path:
        """The folder of the connections' passwords and tokens."""
        return self.config.parent / "secrets"

    @property
    def proxy(self) -> Path:
        """An example of the proxy's part, for nginx."""
        return self.config.parent / "nginx.example.conf"


def usual_places() -> Places:
    """Root's are the machine's; anybody else's are below their home."""
    if os.geteuid() == 0:
        return Places(*_ROOTS)
    config, share = Path.home() / ".config", Path.home() / ".local" / "share" / "nextvisit"
    return Places(
        config / "nextvisit" / "nextvisit.yaml", share / "keys", share / "data", config / "systemd" / "user"
    )


def program() -> Path:
    """The command, by a way that an upgrade leaves as it is: see deploy/install.sh."""
    release = Path(sys.prefix)
    current = release.parent.parent / "current"
    chosen = current if release.parent.name == "releases" and current.is_symlink() else release
    return chosen / "bin" / "nextvisit"
