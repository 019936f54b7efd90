"""A request's body: all of it, or none of it within a bound."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fastapi import HTTPException, Request
from starlette.types import Message, Receive

from nextvisit.web.body import read_body

pytestmark = pytest.mark.anyio


def a_request(receive: Receive) -> Request:
    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_a_body_that_never_ends_holds_nobody_s_door() -> None:
    parts: list[Message] = [{"type": "http.request", "body": b"a", "more_body": True}]

    async def dripping() -> Message:
        if not parts:
            await asyncio.Event().wait()
        return parts.pop()

    with pytest.raises(HTTPException) as caught:
        await read_body(a_request(dripping), 10, patience=timedelta(0))
    assert caught.value.status_code == 408


async def test_a_body_of_many_parts_is_read_whole() -> None:
    parts = [b"a", b"", b"bc"]

    async def said() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    assert await read_body(a_request(said), 3) == b"abc"
