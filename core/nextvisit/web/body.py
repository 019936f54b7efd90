"""Reading a request's body without trusting its length."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

WEBHOOK_LIMIT: Final = 1024 * 1024
FORM_LIMIT: Final = 16 * 1024
_PATIENCE: Final = timedelta(seconds=30)
"""For whoever says its body; a phone on a bad line needs seconds, and many that need hours hold all doors."""


async def read_body(request: Request, limit: int, patience: timedelta = _PATIENCE) -> bytes:
    """The whole body. Raises HTTPException 413 as soon as more than `limit` bytes have come, and 408 when it
    does not end.
    """
    try:
        async with asyncio.timeout(patience.total_seconds()):
            return await _read(request, limit)
    except TimeoutError:
        raise HTTPException(status_code=408, detail="body too slow") from None


async def _read(request: Request, limit: int) -> bytes:
    parts = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise HTTPException(status_code=413, detail="body too large")
        parts.append(part)
    return b"".join(parts)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of an urlencoded form; the last of equal names wins. Raises HTTPException 413, 408, 400."""
    body = await read_body(request, FORM_LIMIT)
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:  # not UTF-8, or too many fields; the message could echo the input
        raise HTTPException(status_code=400, detail="not a form") from error
