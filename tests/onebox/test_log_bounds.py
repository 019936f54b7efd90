"""Logs do not fill the disk."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from nextvisit.onebox.log_bounds import LogBounds


def test_a_log_is_cut_where_it_is_full_and_its_writer_goes_on(tmp_path: Path) -> None:
    """What it wrote last is kept, in so many files and no more, for its owner's eyes alone."""
    log = tmp_path / "worker.log"
    bounds = LogBounds([log, tmp_path / "never begun.log"], most=100, kept=2)
    with log.open("ab", buffering=0) as child:
        for number in range(5):
            child.write(f"{number}".encode() * 101)
            bounds.look()
        child.write(b"last")
        bounds.look()
    assert log.read_bytes() == b"last"
    assert (tmp_path / "worker.log.1").read_bytes() == b"4" * 101
    assert (tmp_path / "worker.log.2").read_bytes() == b"3" * 101
    assert sorted(each.name for each in tmp_path.iterdir()) == ["worker.log", "worker.log.1", "worker.log.2"]
    assert (tmp_path / "worker.log.1").stat().st_mode & 0o777 == 0o600


def test_on_a_full_disk_it_is_cut_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    log = tmp_path / "worker.log"
    log.write_bytes(b"x" * 101)
    monkeypatch.setattr(shutil, "copyfileobj", full)
    LogBounds([log], most=100).look()
    assert [(each.name, each.stat().st_size) for each in tmp_path.iterdir()] == [("worker.log", 0)]
