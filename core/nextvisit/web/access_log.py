"""The outermost ring: security headers, one log line a request, nothing of an exception but its type.

The line names the route's template, never the path: a path holds a patient's token.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nextvisit.sdk.errors import NextVisitError

log = structlog.get_logger()


class AccessLog:
    """ASGI middleware. `headers` are set on every answer that does not set them itself."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        # The outermost loop of a request: whatever it is, the server's own handler must not print it,
        # because an exception's text and its traceback may hold what the client sent.
        except Exception as error:  # noqa: BLE001
            code = error.code if isinstance(error, NextVisitError) else None
            log.error(  # noqa: TRY400
                "http.failed", route=_template(scope), error=type(error).__name__, code=code
            )
            if status == 0:
                await answer(_start_500())
                await send({"type": "http.response.body", "body": b'{"error":"internal"}'})
        finally:
            log.info(
                "http.answered",
                method=scope["method"],
                route=_template(scope),
                status=status,
                duration_ms=round((time.monotonic() - began) * 1000),
            )


def _start_500() -> Message:
    return {
        "type": "http.response.start",
        "status": 500,
        "headers": [(b"content-type", b"application/json")],
    }


def _template(scope: Mapping[str, Any]) -> str:
    path: str | None = getattr(scope.get("route"), "path", None)
    return path or "unmatched"
