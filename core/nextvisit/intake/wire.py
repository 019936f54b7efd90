"""How webhooks, page answers and what is kept of a MIS page lie in the inbox.

Read back after an upgrade: only add to these.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.records import Identifier, MisRef

PAGE_ORIGIN: Final = "page"
UNSUBSCRIBE_ORIGIN: Final = "unsubscribe"


MisDoor = Literal["mis_page", "mis_look_up", "mis_inbound", "mis_webhook"]
"""How something of a MIS came in: pulled, asked for by name, over a session, by a call. Named as kinds of
the inbox."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PageAnswer(_Wire):
    """What a patient pressed on a page. `slot` counts from 1 and belongs to `offer`."""

    message: UUID
    answer: Literal["wants_visit", "too_expensive", "other_times", "question", "stop", "slot"]
    at: datetime
    slot: int | None = Field(default=None, ge=1)
    offer: UUID | None = None
    text: str = ""


class MisResource(_Wire):
    """One version of a thing of a MIS that could not be read.

    page: in base64, what the adapter reads again; the thing alone where the adapter could cut it out. Empty:
        the whole body of the inbox's row `row`, which several may share.
    """

    ref: MisRef | None
    page: str
    door: MisDoor
    row: int | None = None
    version: str = ""
    updated_at: datetime | None = None
    patient: MisRef | None = None
    reason: str = ""
    identifiers: tuple[Identifier, ...] = ()
    holds: bool = True


class MisNews(_Wire):
    """What a journey is to hear of: a visit that was booked or, without one, a consent that changed."""

    journey: UUID
    visit: UUID | None = None
    specialty: str | None = None


class _Webhook(_Wire):
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: str


def webhook_to_bytes(request: RawRequest) -> bytes:
    """A verified call, as it is kept."""
    kept = request.as_kept()
    body = base64.b64encode(kept.body).decode()
    wire = _Webhook(method=kept.method, path=kept.path, query=kept.query, headers=kept.headers, body=body)
    return wire.model_dump_json().encode()


def webhook_from_bytes(raw: bytes) -> RawRequest:
    """The inverse of `webhook_to_bytes`."""
    wire = _Webhook.model_validate_json(raw)
    return RawRequest(
        method=wire.method,
        path=wire.path,
        query=wire.query,
        headers=wire.headers,
        body=base64.b64decode(wire.body),
    )
