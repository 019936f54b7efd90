"""What a role opens and changes, and what not: it restricts itself before anything of a plugin runs in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog

from nextvisit.install.embedded import closed_folder, secret_file
from nextvisit.install.settings import ChannelSettings, MisSettings, Settings, texts_in
from nextvisit.install.supervised import READY_FILE
from nextvisit.watch import seccomp
from nextvisit.watch.landlock import ALL, READ, Right, everything_but, restrict, version

log = structlog.get_logger()

_DEVICES = ("/dev/null", "/dev/zero")
OPENS_THE_ROOT_KEY = "worker"
"""The role that opens the key ring with it; the others take in and have the intake key."""


_GROUP_READS = 0o040
"""A role gives no file another mode later, and its supervisor, of its group, reads whether it is ready."""


def confine(role: str, config: Path, settings: Settings) -> bool:
    """Restrict this process to what the role needs; False where the kernel cannot do all of it."""
    opens = _confine_files(role, config, settings)
    filters = seccomp.available()
    if filters:
        os.umask(os.umask(0o077) & ~_GROUP_READS)
        seccomp.forbid()
    else:
        log.warning("role.unconfined", kind="seccomp")
    return opens and filters


def _confine_files(role: str, config: Path, settings: Settings) -> bool:
    if version() == 0:
        log.warning("role.unconfined", kind="landlock")
        return False
    closed = closed_to(role, settings)
    allowed = dict.fromkeys(everything_but(closed), READ)
    named = (*named_files(config, settings), settings.vault.root_key_file, settings.vault.erased_file)
    allowed |= {each: READ for each in named if each.resolve() not in closed}
    allowed |= {Path(each): Right.READ_FILE | Right.WRITE_FILE for each in _DEVICES}
    above = {parent for each in closed for parent in each.parents}
    allowed |= {each: ALL for each in _own_folders() if each.resolve() not in above}
    restrict(allowed)
    return True


def closed_to(role: str, settings: Settings) -> frozenset[Path]:
    """What the role must not read: the owner's connection, the data of `up`, a root key that is not for it.

    A file that the system does not let us read anyhow is left out: to close it, all folders above it would
    have to be closed to what is put there later, such as a new /etc/resolv.conf.
    """
    files = [secret_file(settings.database.owner)]
    if role != OPENS_THE_ROOT_KEY:
        files += [settings.vault.root_key_file, settings.vault.erased_file]
    closed = {each.resolve() for each in files if each is not None and os.access(each, os.R_OK)}
    data = closed_folder(settings.database.app)
    return frozenset(closed if data is None else {*closed, data.resolve()})


def named_files(config: Path, settings: Settings) -> Iterator[Path]:
    """The files that the settings name for every role, wherever they are."""
    yield config
    yield settings.vault.intake_key_file
    if (app := secret_file(settings.database.app)) is not None:
        yield app
    yield from _files_in(settings.temporal.model_dump(mode="json"))
    if settings.catalogue is not None:
        yield config.parent / settings.catalogue
    if (beside := settings.understanding) is not None:
        yield from _files_in(beside.settings)
        if beside.words is not None:
            yield config.parent / beside.words
    connections: list[MisSettings | ChannelSettings] = [*settings.mis.values(), *settings.channels.values()]
    for each in connections:
        yield from _files_in(each.settings)


def _files_in(value: object) -> Iterator[Path]:
    for _, text in texts_in(value):
        if text.removeprefix("file:").startswith("/"):
            yield Path(text.removeprefix("file:"))


def _own_folders() -> Iterator[Path]:
    """Where it writes."""
    yield Path(tempfile.gettempdir())
    if marker := os.environ.get(READY_FILE):
        yield Path(marker).parent
