"""The channel for Pigeon. It passes the whole kit; each wrong one of tests/sdk/wrong differs from it in one thing."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nextvisit.sdk.addresses import MOBILE
from nextvisit.sdk.channels import (
    Accepted,
    ChannelCapabilities,
    ChannelEvent,
    Content,
    DeliveryReport,
    DeliveryStatus,
    InboundMessage,
    Media,
    MessageForm,
    MessageId,
    OutgoingMessage,
    Parameter,
    Price,
    Reachability,
    ShortText,
    TemplateButton,
    TemplateMessage,
    media_of,
)
from nextvisit.sdk.doors import Answer, Handshake, Keep, RawInbound, RawRequest, Received
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.outbound import AnswerBounds, HttpReply, OutboundHttp, OutboundServer
from nextvisit.sdk.ports import Inbox
from nextvisit.sdk.records import ChannelKind

CAPABILITIES = ChannelCapabilities(
    kind=ChannelKind("sms"),
    addresses=MOBILE,
    forms=(MessageForm.SHORT_TEXT, MessageForm.TEMPLATE),
    reports=frozenset(
        {DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED}
    ),
    receives=True,
    longest=480,
    idempotent_send=timedelta(hours=24),
    session=timedelta(hours=24),
    media=frozenset({"image/png", "application/pdf"}),
)
REACHED = {"there": Reachability.YES, "nobody's": Reachability.NO}
STATES = {"sent": DeliveryStatus.SENT, "delivered": DeliveryStatus.DELIVERED, "lost": DeliveryStatus.FAILED}
Item = dict[str, Any]


class PigeonChannel:
    """Channel, FindsMessages, ChecksAddresses, AnswersWebhooks and Listens."""

    def __init__(self, base: str, token: str, secret: str) -> None:
        self._base, self._token, self._secret = base, token, secret
        bounds = AnswerBounds(timedelta(seconds=20), timedelta(seconds=25))
        self._http = OutboundHttp("pigeon", OutboundServer(base), bounds=bounds)

    async def send(self, message: OutgoingMessage) -> Accepted:
        text = self.text(self.words(message.content))
        wish: Item = {"id": message.id, "key": self.key(message), "to": message.to, "text": text}
        wish |= self.attached(media_of(message.content))
        wish |= {"answers": message.reply_to, "template": None}
        if isinstance(message.content, TemplateMessage):
            wish["template"] = self.template(message.content)
        reply = await self.post(wish)
        if reply.status == 422:
            raise self.refused(json.loads(reply.body)["code"], message)
        if reply.status == 409:
            raise self.out_of_session()
        return Accepted(self.provider_ref(reply, message), price=self.price(json.loads(reply.body)["price"]))

    def words(self, content: Content) -> str:
        match content:
            case ShortText(text=text):
                return text
            case TemplateMessage(parameters=parameters):
                return "\n".join(each.value for each in parameters)
            case _:
                raise Rejected("pigeon.form", scope="message")

    def attached(self, media: Media | None) -> Item:
        if media is None:
            return {"media": None}
        if media.media_type not in CAPABILITIES.media:
            raise Rejected("pigeon.media", scope="message")
        return {"media": {"url": media.url, "type": media.media_type, "name": media.name}}

    def template(self, filled: TemplateMessage) -> Item:
        return {
            "name": filled.template,
            "language": filled.language,
            "gaps": [self.gap(each) for each in filled.parameters],
            "buttons": [self.button(each) for each in filled.buttons],
        }

    def gap(self, parameter: Parameter) -> Item:
        return {"name": parameter.name, "value": parameter.value}

    def button(self, button: TemplateButton) -> Item:
        return {"label": button.label, "data": button.payload}

    def price(self, said: str) -> Price:
        return Price(-Decimal(said), "PLN")

    def key(self, message: OutgoingMessage) -> str | None:
        return message.id

    def text(self, written: str) -> str:
        return written

    def refused(self, code: str, message: OutgoingMessage) -> NextVisitError:
        if code == "nobody":
            return self.refusal(message)
        return ProtocolError("pigeon.refusal", "a code that is not in Pigeon's list", whose="theirs")

    def refusal(self, message: OutgoingMessage) -> Rejected:
        return Rejected("pigeon.nobody")

    def out_of_session(self) -> Rejected:
        return Rejected("pigeon.session", scope="session")

    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]:
        there = json.loads((await self.ask("GET", f"there/{','.join(addresses)}")).body)
        return {each: self.reached(there[each]) for each in addresses}

    def reached(self, status: str) -> Reachability:
        return REACHED.get(status, Reachability.UNKNOWN)

    def provider_ref(self, reply: HttpReply, message: OutgoingMessage) -> str | None:
        return str(json.loads(reply.body)["ref"])

    async def find_message(self, message: MessageId) -> Accepted | None:
        reply = await self.ask("GET", f"messages/{message}", decides=frozenset({404}))
        said = json.loads(reply.body)
        if reply.status == 404:
            self.require_our_place(said)
            return None
        return Accepted(provider_ref=said["ref"])

    def require_our_place(self, said: Item) -> None:
        if said != {"error": "no such message"}:  # an address that leads elsewhere says 404, too
            raise OutcomeUnknown("pigeon.look_up")

    async def check(self) -> str:
        account = json.loads((await self.ask("GET", "account")).body)
        return f"{account['name']} {account['version']}"

    async def close(self) -> None:
        await self._http.close()

    async def post(self, wish: Item) -> HttpReply:
        content = json.dumps(wish).encode()
        return await self.ask("POST", "messages", content, decides=frozenset({409, 422}))

    async def ask(
        self, method: str, path: str, content: bytes | None = None, decides: frozenset[int] = frozenset()
    ) -> HttpReply:
        headers = {"Authorization": f"Bearer {self._token}"}
        reply = await self._http.ask(method, f"{self._base}/v1/{path}", content=content, headers=headers)
        return self._http.settle(reply, decides=decides, writes=method == "POST")

    def receive(self, request: RawRequest) -> Received:
        if request.method == "GET":
            asked = dict(request.query)
            self.require_word(asked)
            return Handshake(Answer(200, asked.get("echo", "").encode()))
        self.verify(request)
        return Keep(self.dedupe(request), Answer(200, b"OK"))

    def require_word(self, asked: Mapping[str, str]) -> None:
        if not hmac.compare_digest(asked.get("word", "").encode(), self._secret.encode()):
            raise Rejected("pigeon.word", scope="account")

    def verify(self, request: RawRequest) -> None:
        signed = hmac.new(self._secret.encode(), request.body, hashlib.sha256).hexdigest()
        given = dict(request.headers).get("x-pigeon", "")
        # As bytes: of two strings, compare_digest raises TypeError for letters that are not ASCII.
        if not hmac.compare_digest(given.encode(), signed.encode()):
            raise Rejected("pigeon.signature", scope="account")

    def dedupe(self, request: RawRequest) -> str:
        return hashlib.sha256(request.body).hexdigest()

    def parse_webhook(self, request: RawRequest) -> Sequence[ChannelEvent]:
        return self.events(request.body)

    async def serve(self, inbox: Inbox) -> None:
        await self.check()
        self.say_listening(inbox)
        while True:
            for item in json.loads((await self.ask("GET", "inbox")).body)["items"]:
                await self.keep(inbox, item)

    def say_listening(self, inbox: Inbox) -> None:
        inbox.listening()

    async def keep(self, inbox: Inbox, item: Item) -> None:
        body = json.dumps({"items": [item]}).encode()
        try:
            await inbox.put(RawInbound(body, self.dedupe_of(item)))
        except RetryLater:
            return  # it stays in the queue, and comes again
        await self.ask("DELETE", f"inbox/{item['id']}")

    def dedupe_of(self, item: Item) -> str:
        return str(item["id"])

    def parse_inbound(self, body: bytes) -> Sequence[ChannelEvent]:
        return self.events(body)

    def events(self, body: bytes) -> Sequence[ChannelEvent]:
        try:
            return [self.event(item) for item in json.loads(body)["items"]]
        except (ValueError, KeyError, TypeError):
            raise ProtocolError("pigeon.call", "is not what Pigeon sends", whose="theirs") from None

    def event(self, item: Item) -> ChannelEvent:
        at = datetime.fromisoformat(item["at"])
        if "text" in item:
            return InboundMessage(item["from"], item["text"], at=at)
        return DeliveryReport(self.status(item), item["ref"], at=at, code=item.get("why"))

    def status(self, item: Item) -> DeliveryStatus:
        return STATES[item["state"]]
