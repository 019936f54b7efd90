"""Servers that are killed at a bad moment."""

from __future__ import annotations

import os
import signal
from typing import Any


def dies_once(kind: type[Any]) -> type[Any]:
    """The server, killed the first time that it answers, before it is set up; then `still_to_die` is empty."""

    class Dying(kind):  # type: ignore[misc]  # a class that is an argument
        still_to_die = ["once"]  # noqa: RUF012  each call makes a class of its own

        async def wait_ready(self, **within: Any) -> None:
            await kind.wait_ready(self, **within)
            if self.still_to_die:
                self.still_to_die.pop()
                os.kill(self.process.pid, signal.SIGKILL)
                await self.process.wait()

    return Dying
