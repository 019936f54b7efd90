"""One-click unsubscribe, RFC 8058: the mailbox provider POSTs, without cookies, and is done.

A GET is what link scanners do, so it changes nothing: it shows the same request as a button.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from nextvisit.intake.wire import UNSUBSCRIBE_ORIGIN, PageAnswer
from nextvisit.store.messages import links
from nextvisit.store.queues import inbox
from nextvisit.web.body import FORM_LIMIT, read_body
from nextvisit.web.patient_link import find
from nextvisit.web.texts import TEXTS

if TYPE_CHECKING:
    from nextvisit.web.deps import ApiDeps
    from nextvisit.web.pages import Pages

_FIELD: Final = b"List-Unsubscribe"
_VALUE: Final = b"One-Click"


def unsubscribe_routes(deps: ApiDeps, pages: Pages) -> APIRouter:
    """`GET` and `POST /u/{token}`."""
    router = APIRouter()

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    async def show(token: str) -> Response:
        async with deps.db.transaction(actor="page") as tx:
            found = await find(tx, token, "unsubscribe")
            if found is None:
                return pages.inactive()
            await links.prefetched(tx, token)
        return pages.unsubscribe(pages.language(found.message.language))

    @router.post("/u/{token}")
    async def unsubscribe(token: str, request: Request) -> Response:
        body = await read_body(request, FORM_LIMIT)
        # RFC 8058 3.1 lets the one pair come urlencoded or as multipart/form-data; there is nothing else
        # to read in it, so looking for its two words reads both.
        if _FIELD not in body or _VALUE not in body:
            raise HTTPException(status_code=400)
        async with deps.db.transaction(actor="page") as tx:
            found = await find(tx, token, "unsubscribe")
            if found is None:
                return pages.inactive()
            answer = PageAnswer(message=found.message_uuid, answer="stop", at=tx.now)
            await inbox.put(
                tx,
                kind="page_answer",
                origin=UNSUBSCRIBE_ORIGIN,
                # Pressed again another day it is said again: there may have been a consent between.
                dedupe=f"{found.message.id}:stop:{tx.now:%Y-%m-%dT%H:%M}",
                body=answer.model_dump_json().encode(),
            )
            await links.used(tx, token)
        language = pages.language(found.message.language)
        return pages.word(language, TEXTS[language].stopped)

    return router
