"""How large the children's logs may get: what is older than the last few files of each is dropped."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from nextvisit.onebox.again import again_and_again
from nextvisit.sdk.private_file import open_private

_LOOK_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class LogBounds:
    """Of these files, which our children append to. most: bytes of one; kept: how many older ones of each."""

    files: Sequence[Path]
    most: int = 16 * 1024**2
    kept: int = 4

    def look(self) -> None:
        """Now. The children keep their files open, so what is full is copied and emptied, not renamed.

        On a full disk nothing can be copied, and it is emptied all the same.
        """
        for file in self.files:
            with suppress(OSError):
                if file.lstat().st_size > self.most:
                    self._shift(file)
                    os.truncate(file, 0)

    def _shift(self, file: Path) -> None:
        older = [file.with_name(f"{file.name}.{number}") for number in range(1, self.kept + 1)]
        for newer, last in zip(reversed(older[:-1]), reversed(older[1:]), strict=True):
            with suppress(FileNotFoundError):
                newer.rename(last)
        try:
            with file.open("rb") as full, open(open_private(older[0], os.O_WRONLY), "wb") as copy:  # noqa: PTH123
                shutil.copyfileobj(full, copy)
        except OSError:
            older[0].unlink(missing_ok=True)

    def kept_to(self) -> AbstractAsyncContextManager[None]:
        """Every few seconds while entered."""
        # A copy takes a moment in which nobody is watched.
        return again_and_again(lambda: asyncio.to_thread(self.look), _LOOK_EVERY, "log bounds")
