"""Whether the disk under the data has room, said once when that changes: nearly full, full, room again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from nextvisit.onebox.again import again_and_again
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.vitals.heartbeats import LEAST_FREE
from nextvisit.watch.finding import Grade
from nextvisit.watch.machine import FULL, room_in, room_of

_LOOK_EVERY = 10.0


def require_room(data: Path, least: int = FULL) -> None:
    """Raises ConfigError, which says how much there is."""
    if room_of(data).free < least:
        says = f"{room_in(data, least).says}; make room there before it is started"
        raise ConfigError("up.disk_full", says, place=str(data))


@dataclass(slots=True)
class RoomWatch:
    """Of the disk under `data`. least: bytes with less of which it is nearly full; full: as good as none."""

    data: Path
    tell: Callable[[str, str], None]
    least: int = LEAST_FREE
    full: int = FULL
    _state: str = "room"

    def look(self) -> None:
        """Now; tells what is other than when it looked last."""
        found = room_in(self.data, self.least)
        short = found.grade is Grade.WRONG
        state = "room" if not short else "full" if room_of(self.data).free < self.full else "nearly full"
        if state == self._state:
            return
        self._state = state
        # On a full disk the screen may be a file there.
        with suppress(OSError):
            self.tell("disk", f"{found.says}; {found.do}" if short else f"has room again: {found.says}")

    def looking(self) -> AbstractAsyncContextManager[None]:
        """Now and every few seconds while entered."""

        async def look() -> None:
            self.look()

        return again_and_again(look, _LOOK_EVERY, "room")
