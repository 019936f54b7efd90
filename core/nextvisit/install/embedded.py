"""What `nextvisit up` leaves beside the connection that it writes: who runs it, and where its data is."""

from __future__ import annotations

import os
from pathlib import Path

from nextvisit.install.left_behind import read_left
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.settings import SecretRef

DATA_FOLDER = "NEXTVISIT_DATA_FOLDER"
"""Environment variable: the folder of `nextvisit up`, of which a role opens nothing but what is its own."""
_FILE = "file:"


def secret_file(reference: SecretRef | None) -> Path | None:
    """Where the secret is written; None for one that is no file."""
    if reference is None or not reference.startswith(_FILE):
        return None
    return Path(reference.removeprefix(_FILE))


def lock_beside(secret: Path) -> Path:
    """Of the supervisor that writes the secret: its process id, and the folder of its data, line by line."""
    return secret.with_name(f"{secret.name}.up")


def data_folder(app: SecretRef) -> Path | None:
    """Where the last `nextvisit up` of these settings kept its data; None when none ran on this machine."""
    secret = secret_file(app)
    try:
        lines = [] if secret is None else read_left(lock_beside(secret)).decode().splitlines()
    except (OSError, ValueError, ConfigError):
        return None
    return Path(lines[1]) if lines[1:] else None


def closed_folder(app: SecretRef) -> Path | None:
    """The data of the `nextvisit up` that runs us, or ran last; None: none did on this machine."""
    told = os.environ.get(DATA_FOLDER)
    return Path(told) if told else data_folder(app)
