"""The channel: SMS through one gateway that is asked by HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from nextvisit.sdk.addresses import MOBILE
from nextvisit.sdk.channels import (
    Accepted,
    ChannelCapabilities,
    ChannelEvent,
    DeliveryStatus,
    MessageForm,
    OutgoingMessage,
)
from nextvisit.sdk.doors import Keep, RawRequest
from nextvisit.sdk.errors import OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.outbound import MIB, AnswerBounds, HttpReply, OutboundHttp
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.settings import reveal
from nextvisit_channel_http_sms.answer import Reply, judged
from nextvisit_channel_http_sms.calls import Door
from nextvisit_channel_http_sms.reading import Unreadable
from nextvisit_channel_http_sms.request import FORM, login_headers, request_of
from nextvisit_channel_http_sms.settings import Check, HttpSmsSettings

CAPABILITIES: Final = ChannelCapabilities(
    kind=ChannelKind("sms"),
    addresses=MOBILE,
    forms=(MessageForm.SHORT_TEXT,),
    reports=frozenset(set(DeliveryStatus) - {DeliveryStatus.OPENED}),
    receives=True,
)
_NOT_UNDERSTOOD: Final = frozenset(range(400, 500)) - {408, 425, 429}
_NEVER_BEGAN: Final = "http_sms.unreachable"


def with_settings(settings: HttpSmsSettings) -> ChannelCapabilities:
    """What this gateway tells, and takes."""
    told = settings.callbacks
    reports = None if told is None else told.reports
    heard = frozenset() if reports is None else frozenset({*reports.words.values(), DeliveryStatus.UNKNOWN})
    return replace(
        CAPABILITIES,
        reports=heard | {DeliveryStatus.ACCEPTED},
        receives=told is not None and told.answers is not None,
        longest=settings.longest,
    )


class HttpSmsChannel:
    """Channel and AnswersWebhooks."""

    def __init__(self, settings: HttpSmsSettings) -> None:
        self._settings = settings
        self._door = Door(settings.callbacks)
        bounds = AnswerBounds(settings.timeout, 2 * settings.timeout, MIB)
        self._http = OutboundHttp("http_sms", settings.destination, bounds=bounds)

    async def send(self, message: OutgoingMessage) -> Accepted:
        """See `Channel`."""
        settings = self._settings
        secret = self._door.secret if "callback_secret" in settings.places else ""
        # The wall's time, because the gateway's is.
        request = request_of(settings, message, datetime.now(UTC), secret)
        try:
            reply = await self._http.ask(
                settings.method,
                settings.url,
                query=request.query,
                content=request.content,
                headers=request.headers,
            )
        except (RetryLater, ProtocolError) as error:
            # A GET that sends is no GET: only what never began may be repeated.
            if settings.method != "GET" or error.code == _NEVER_BEGAN:
                raise
            if isinstance(error, ProtocolError) and error.whose == "ours":
                raise
            raise OutcomeUnknown(error.code, "no answer to a message that was sent by GET") from None
        accepted = judged(settings.answer, reply, message.to, request.parts)
        told = settings.callbacks
        if (
            settings.answer.ref is None
            and told is not None
            and told.reports is not None
            and told.reports.message
        ):
            return replace(accepted, provider_ref=message.id)
        return accepted

    async def check(self) -> str:
        """See `Channel`."""
        self._door.require_secrets()
        there = self._settings.destination
        host = there.base_url.split("/")[2] + (", in the clear" if there.in_the_clear else "")
        check = self._settings.check
        if check is None:
            return f"{host}, which is not asked: the settings say check: none, and nothing proves the login"
        reply = await self._ask(check)
        try:
            answer = Reply(check.reads, reply)
            refused = check.refuses is not None and answer.meets(check.refuses)
            proven = answer.is_success and answer.meets(check.proves)
        except Unreadable:
            refused = proven = False
        if refused or reply.status in {401, 403}:
            raise Rejected(f"http_sms.http_{reply.status}", "the gateway refuses this login", scope="account")
        if not proven:
            self._http.settle(reply, decides=_NOT_UNDERSTOOD, writes=False)
            message = "the answer to the check is none that proves the login"
            raise ProtocolError("http_sms.check", message, whose="theirs")
        return f"{host}, which knows this login"

    def receive(self, request: RawRequest) -> Keep:
        """See `AnswersWebhooks`."""
        return self._door.receive(request)

    def parse_webhook(self, request: RawRequest) -> Sequence[ChannelEvent]:
        """See `AnswersWebhooks`."""
        return self._door.parse(request)

    async def close(self) -> None:
        """See `Channel`."""
        await self._http.close()

    async def _ask(self, check: Check) -> HttpReply:
        login = self._settings.auth
        query = [*check.query.items(), *((name, reveal(each)) for name, each in login.query.items())]
        secrets = {name: reveal(each) for name, each in login.fields.items()}
        headers = login_headers(login)
        if check.method == "GET":
            return await self._http.ask("GET", check.url, query=[*query, *secrets.items()], headers=headers)
        content = urlencode(check.fields | secrets).encode()
        headers["Content-Type"] = FORM
        try:
            return await self._http.ask("POST", check.url, query=query, content=content, headers=headers)
        except OutcomeUnknown as error:
            raise RetryLater(error.code, "no answer to the check") from None
