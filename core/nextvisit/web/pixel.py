"""The pixel that says that a mail was opened. A weak signal; see `scanners`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from nextvisit.intake.deliveries import tell_journey
from nextvisit.store.messages import ledger, links
from nextvisit.web.patient_link import find
from nextvisit.web.scanners import is_machine, too_soon

if TYPE_CHECKING:
    from nextvisit.web.deps import ApiDeps

# GIF89a, 1 x 1, one transparent pixel, 43 bytes.
GIF: Final = base64.b64decode(b"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_HEADERS: Final = {
    "Cache-Control": "no-store, max-age=0",
    # A mail is shown on the webmail's own origin.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def pixel_routes(deps: ApiDeps) -> APIRouter:
    """`GET /p/{token}.gif`: the same picture for any token, so that a guess learns nothing."""
    router = APIRouter()

    @router.api_route("/p/{token}.gif", methods=["GET", "HEAD"])
    async def pixel(token: str, request: Request) -> Response:
        async with deps.db.transaction(actor="page") as tx:
            found = await find(tx, token, "pixel")
            if found is None:
                pass  # the same picture, so that a guess learns nothing
            elif is_machine(request.method, request.headers) or too_soon(found.message.sent_at, tx.now):
                await links.prefetched(tx, token)
            else:
                await links.used(tx, token)
                await tell_journey(tx, await ledger.opened(tx, found.message.id))
        return Response(GIF, media_type="image/gif", headers=_HEADERS)

    return router
