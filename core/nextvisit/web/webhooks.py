"""The other side's calls: verified, committed, then answered as it wants. Understood later, by the intake."""

from __future__ import annotations

import re
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, assert_never

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from nextvisit.calls.apart.proxy import is_apart
from nextvisit.calls.aside import Aside, Unanswered
from nextvisit.calls.guard import tell_slow
from nextvisit.intake.wire import webhook_to_bytes
from nextvisit.sdk.doors import Answer, Handshake, Keep, RawRequest
from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import AnswersWebhooks
from nextvisit.store.queues import inbox
from nextvisit.web.body import WEBHOOK_LIMIT, read_body

if TYPE_CHECKING:
    from nextvisit.sdk.doors import Received
    from nextvisit.store.queues.inbox import InboxKind
    from nextvisit.web.deps import ApiDeps

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FINAL: Final = range(200, 600)
_BODILESS: Final = (204, 205, 304)
_MEDIA_TYPE: Final = re.compile(r"[!-~]([ -~]*[!-~])?")

_ASIDE: Final = Aside("webhook", most=8)
_PATIENCE: Final = timedelta(seconds=5)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Door:
    """Who understands the calls of one connection, and what they are in the inbox."""

    plugin: AnswersWebhooks[object]
    kind: InboxKind
    origin: str


def webhook_routes(deps: ApiDeps) -> APIRouter:
    """`/webhooks/{slug}` and all below, any method: one address for each connection, channel or MIS.

    The plugin's answer after the commit; 400 senseless, or the plugin failed at it; 401 not theirs, 404 no
    such door, 413, 503.
    """
    router = APIRouter()

    # Below it, too: a FHIR R4 server with a payload writes to `<endpoint>/<type>/<id>`.
    @router.api_route("/webhooks/{slug}", methods=_METHODS)
    @router.api_route("/webhooks/{slug}/{rest:path}", methods=_METHODS)
    async def receive(slug: str, request: Request) -> Response:
        door = _door(deps, slug)
        raw = await _raw(request)
        received = await _received(door, raw)
        # Before the commit: what cannot be sent would be kept, and refused at every repetition.
        answer = _answer(door, received)
        match received:
            case Keep():
                async with deps.db.transaction(actor="webhook") as tx:
                    await inbox.put(
                        tx,
                        kind=door.kind,
                        origin=door.origin,
                        dedupe=received.dedupe,
                        body=webhook_to_bytes(raw),
                    )
            case Handshake():
                pass
            case _:
                assert_never(received)
        return answer

    return router


def _door(deps: ApiDeps, slug: str) -> _Door:
    channel: object = deps.channels.get(slug)
    adapter: object = deps.mis.get(slug)
    if isinstance(channel, AnswersWebhooks):
        return _Door(channel, "webhook", slug)
    if isinstance(adapter, AnswersWebhooks):
        return _Door(adapter, "mis_webhook", slug)
    raise HTTPException(status_code=404)


async def _received(door: _Door, raw: RawRequest) -> Received:
    try:
        if is_apart(door.plugin):
            return await _asked_aside(door, raw)
        return door.plugin.receive(raw)
    except Rejected as error:
        status, code = 401, error.code
    except ProtocolError as error:
        status, code = 400, error.code
    except RetryLater:
        raise
    # Whoever calls has proved nothing yet and may send anything; the plugin should have said what it is.
    # What it raised may quote the call.
    except Exception as error:  # noqa: BLE001
        code = error.code if isinstance(error, NextVisitError) else f"bug.{type(error).__name__}"
        log.error("webhook.plugin_failed", origin=door.origin, code=code)  # noqa: TRY400
        raise HTTPException(status_code=400) from None
    log.warning("webhook.refused", origin=door.origin, code=code)
    raise HTTPException(status_code=status)


async def _asked_aside(door: _Door, raw: RawRequest) -> Received:
    """Of another process, which nobody else here waits for. Raises RetryLater when it does not answer."""
    outcome: Future[Received] = Future()

    def ask() -> None:
        try:
            outcome.set_result(door.plugin.receive(raw))
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            outcome.set_exception(error)

    try:
        await _ASIDE.ask(door.origin, ask, _PATIENCE)
    except Unanswered as error:
        tell_slow(door.plugin, "receive", _PATIENCE)
        raise RetryLater(error.code) from None
    return outcome.result()


def _answer(door: _Door, received: Received) -> Response:
    """What a plugin wants kept and answered, checked: it may have made it of what the caller sent."""
    answer = received.answer
    if isinstance(received, Keep) and not _is_key(received.dedupe):
        code = "webhook.dedupe"
    elif not _sendable(answer):
        code = "webhook.answer"
    else:
        return Response(answer.body, status_code=answer.status, media_type=answer.media_type)
    log.error("webhook.plugin_failed", origin=door.origin, code=code)
    raise HTTPException(status_code=500)


def _is_key(dedupe: object) -> bool:
    """Half a surrogate pair, as a caller's JSON may hold, has no bytes."""
    return isinstance(dedupe, str) and not re.search("[\ud800-\udfff]", dedupe)


def _sendable(answer: object) -> bool:
    return (
        isinstance(answer, Answer)
        and isinstance(answer.status, int)
        and answer.status in _FINAL
        and isinstance(answer.body, bytes)
        and (not answer.body or answer.status not in _BODILESS)
        and isinstance(answer.media_type, str)
        and _MEDIA_TYPE.fullmatch(answer.media_type) is not None
    )


async def _raw(request: Request) -> RawRequest:
    body = await read_body(request, WEBHOOK_LIMIT)
    return RawRequest(
        method=request.method,
        path=request.url.path,
        query=tuple(request.query_params.multi_items()),
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        body=body,
    )
