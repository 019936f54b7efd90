"""Each call of a connection's plugin as a line in the log: which, how it ended, how long it took.

Nothing of what it was given or gave.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from nextvisit.sdk.errors import NextVisitError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trace:
    """What a guard lets through, told. connection, plugin: as of `Trouble`."""

    connection: str
    plugin: str

    def awaited(self, method: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """From the call to its answer."""

        @functools.wraps(call)
        async def traced(*args: Any) -> Any:
            with self._told(method):
                return await call(*args)

        return traced

    def in_pages(self, method: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A line for each page, and for the end."""

        @functools.wraps(call)
        async def traced(*args: Any) -> AsyncIterator[Any]:
            pages = call(*args)
            try:
                while True:
                    with self._told(method):
                        page = await anext(pages, None)
                    if page is None:
                        return
                    yield page
            finally:
                await pages.aclose()

        return traced

    def at_once(self, method: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same of what does not wait."""

        @functools.wraps(call)
        def traced(*args: Any) -> Any:
            with self._told(method):
                return call(*args)

        return traced

    @contextmanager
    def _told(self, method: str) -> Iterator[None]:
        began = time.monotonic()
        code = "ok"
        try:
            yield
        except NextVisitError as error:
            code = error.code  # as the guard has let it through
            raise
        except asyncio.CancelledError:
            code = "cancelled"
            raise
        except BaseException:
            code = "raised"
            raise
        finally:
            lasted = round((time.monotonic() - began) * 1000)
            log.info(
                "plugin.called",
                origin=self.connection,
                source=self.plugin,
                method=method,
                code=code,
                duration_ms=lasted,
            )
