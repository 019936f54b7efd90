"""Plugins of one file each, for trials: in a folder that the settings name, called as their slug.

A file is read once, and what was read is run: nobody changes it between the look at it and its run.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from types import ModuleType
from typing import Final

from nextvisit.install.plugin_source import PluginSource
from nextvisit.sdk.errors import ConfigError

TRIAL: Final = "trial"
"""Instead of a version, which a file has not."""
_OTHERS_WRITE: Final = 0o022


def trials_in(folder: Path) -> list[PluginSource]:
    """By name. Raises ConfigError when the folder cannot be read."""
    try:
        found = sorted(each for each in folder.iterdir() if each.suffix == ".py")
    except OSError as error:
        raise ConfigError("plugin.trials", f"{error.strerror}: {folder}", place="plugins_dir") from error
    return [_trial(each) for each in found]


def _trial(file: Path) -> PluginSource:
    return PluginSource(file.stem, str(file), TRIAL, file.stem, lambda: _opened(file), None)


def _opened(file: Path) -> Callable[[], object]:
    content = _content(file)

    def load() -> object:
        module = ModuleType(f"nextvisit_trial_{file.stem}")
        module.__file__ = str(file)
        sys.modules[module.__name__] = module  # where classes look up what their annotations name
        exec(compile(content, file, "exec", dont_inherit=True), vars(module))  # noqa: S102  # what an import does
        return module

    return load


def _content(file: Path) -> bytes:
    """Raises ConfigError when others than its owner, who is root or we, can change or replace it."""
    try:
        _refuse_writable(file.parent, file.parent.stat(), file)
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        says = f"{error.strerror}; it has to be an ordinary file"
        raise ConfigError("plugin.trials", says, place=str(file)) from error
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError("plugin.trials", "it has to be an ordinary file", place=str(file))
        _refuse_writable(file, found, file)
        return opened.read()


def _refuse_writable(path: Path, found: os.stat_result, file: Path) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if mode & _OTHERS_WRITE:
        do = f"run `chmod go-w {quote(str(path))}`"
        says = f"others than the owner of {path} can write to it (mode {mode:04o}); {do}"
        raise ConfigError("plugin.trials", says, place=str(file))
    if found.st_uid not in {0, os.geteuid()}:
        says = (
            f"{path} is user {found.st_uid}'s, and only root's and our own code is run; see who put it there"
        )
        raise ConfigError("plugin.trials", says, place=str(file))
