"""A disk that fills up is told on the screen: on a real folder, measured against more than it has free."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from nextvisit.onebox.room import RoomWatch, require_room
from nextvisit.sdk.errors import ConfigError

MORE_THAN_THERE_IS = 2**62


def test_without_room_nothing_is_started_and_the_folder_is_named(tmp_path: Path) -> None:
    require_room(tmp_path, 0)
    with pytest.raises(ConfigError, match=r"GiB free.*make room") as caught:
        require_room(tmp_path / "to be made", MORE_THAN_THERE_IS)
    assert str(tmp_path) in str(caught.value)


def test_a_disk_is_told_when_it_is_nearly_full_when_it_is_full_and_when_it_has_room_and_once_each(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    watch = RoomWatch(tmp_path, lambda name, met: told.append(f"{name}: {met}"), least=MORE_THAN_THERE_IS)
    watch.look()
    watch.look()
    watch.full = MORE_THAN_THERE_IS
    watch.look()
    watch.look()
    watch.least = 0
    watch.look()
    watch.look()
    nearly, full, again = told
    assert nearly.startswith(f"disk: {tmp_path} on this machine: ")
    assert "make room" in nearly
    assert full.startswith(f"disk: {tmp_path} on this machine: ")
    assert again.startswith(f"disk: has room again: {tmp_path}")


def test_a_screen_on_the_full_disk_ends_no_watch(tmp_path: Path) -> None:
    def on_a_full_disk(*_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    RoomWatch(tmp_path, on_a_full_disk, least=MORE_THAN_THERE_IS).look()
