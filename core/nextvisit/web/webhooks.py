"""Providers' calls: verified, committed, then acknowledged. Understood later, by the intake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from nextvisit.intake.wire import webhook_to_bytes
from nextvisit.sdk.channels import RawRequest
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.ports import ReceivesWebhooks
from nextvisit.store.queues import inbox
from nextvisit.web.body import WEBHOOK_LIMIT, read_body

if TYPE_CHECKING:
    from nextvisit.web.deps import ApiDeps

log = structlog.get_logger()


def webhook_routes(deps: ApiDeps) -> APIRouter:
    """`POST /webhooks/{slug}`: 202 after the commit, 401 bad signature, 404 no such channel, 413, 503."""
    router = APIRouter()

    @router.post("/webhooks/{slug}", status_code=202)
    async def receive(slug: str, request: Request) -> Response:
        channel: object = deps.channels.get(slug)
        if not isinstance(channel, ReceivesWebhooks):
            raise HTTPException(status_code=404)
        raw = await _raw(request)
        try:
            channel.verify(raw)
        except Rejected as error:
            log.warning("webhook.refused", origin=slug, code=error.code)
            raise HTTPException(status_code=401) from error
        async with deps.db.transaction(actor="webhook") as tx:
            await inbox.put(
                tx, kind="webhook", origin=slug, dedupe=channel.dedupe(raw), body=webhook_to_bytes(raw)
            )
        return Response(status_code=202)

    return router


async def _raw(request: Request) -> RawRequest:
    body = await read_body(request, WEBHOOK_LIMIT)
    return RawRequest(
        method=request.method,
        path=request.url.path,
        query=tuple(request.query_params.multi_items()),
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        body=body,
    )
