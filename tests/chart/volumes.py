"""Volumes as the kubelet lays them out for a pod: owners, modes and links.

Of secrets, config maps and projections: pkg/volume/util/atomic_writer.go and volume_linux.go of Kubernetes, with an
`fsGroup` set: the mount is 3777, the folder with a time as its name 2755, `..data` a link to it, each name a link
through that, and each file has its mode with 0440 over it; all of it root's, and of that group.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_MOUNT, _TIMED, _GROUP_READS = 0o3777, 0o2755, 0o440
_EMPTY, _CLAIM = 0o2777, 0o2775
_TIME = "..2026_11_28_08_00_00.123456789"


def lay_atomically(mount: Path, files: Mapping[str, bytes], group: int, mode: int) -> None:
    """Files that a pod cannot change."""
    mount.mkdir(parents=True)
    timed = mount / _TIME
    timed.mkdir()
    for name, content in files.items():
        file = timed / name
        file.write_bytes(content)
        _give(file, group, mode | _GROUP_READS)
        (mount / name).symlink_to(Path("..data") / name)
    (mount / "..data").symlink_to(_TIME)
    _give(timed, group, _TIMED)
    _give(mount, group, _MOUNT)


def lay_empty(folder: Path, group: int) -> None:
    """An emptyDir."""
    folder.mkdir(parents=True)
    _give(folder, group, _EMPTY)


def lay_claim(folder: Path, group: int) -> None:
    """The root of a file system that a claim was given."""
    folder.mkdir(parents=True)
    _give(folder, group, _CLAIM)


def _give(path: Path, group: int, mode: int) -> None:
    """Only root can; anybody else's tests have all of it as their own."""
    if os.geteuid() == 0:
        os.chown(path, 0, group)
    path.chmod(mode)
