"""What can only block, in a thread that may outlive us: what hangs in it can be left, and not ended."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Thread
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Unanswered(Exception):
    """There is no answer. code: whether it came too late, or was not even asked for because others hang."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Aside:
    """Threads for one kind of work.

    most: so many calls about one thing may hang; then nobody asks until one of them has come back.
    """

    name: str
    most: int = 1
    _hanging: dict[str, list[Future[Any]]] = field(default_factory=dict)

    async def ask(self, about: str, call: Callable[[], Answer], patience: timedelta) -> Answer:
        """What `call` gives, which raises nothing. Raises Unanswered."""
        hanging = [each for each in self._hanging.pop(about, ()) if not each.done()]
        if hanging:
            self._hanging[about] = hanging
        if len(hanging) >= self.most:
            raise Unanswered(f"{self.name}.hangs")
        answer: Future[Answer] = Future()
        answer.set_running_or_notify_cancel()
        run = contextvars.copy_context().run
        # No pool's: at its end a process waits for those.
        Thread(target=run, args=(_answer, call, answer), name=f"{self.name} {about}", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), patience.total_seconds())
        except TimeoutError:
            self._hanging.setdefault(about, []).append(answer)
            raise Unanswered(f"{self.name}.slow") from None


def _answer(call: Callable[[], Answer], answer: Future[Answer]) -> None:
    answer.set_result(call())
