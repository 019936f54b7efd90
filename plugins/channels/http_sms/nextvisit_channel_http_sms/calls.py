"""A gateway's call: verified, kept, and understood later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from nextvisit.sdk.channels import (
    ChannelEvent,
    DeliveryReport,
    DeliveryStatus,
    InboundMessage,
    MessageId,
    UnreadableEvent,
)
from nextvisit.sdk.doors import Keep, RawRequest
from nextvisit.sdk.errors import ProtocolError, Rejected
from nextvisit_channel_http_sms.answer import code_in
from nextvisit_channel_http_sms.callbacks import WHOLE, Answers, Callbacks, Reports
from nextvisit_channel_http_sms.proof import beyond
from nextvisit_channel_http_sms.reading import Unreadable, at_path, only, read_form, read_json, word_of

Value = Callable[[str], Any]
"""What stands in a field of an event; None where there is nothing. Raises Unreadable."""


class Door:
    """Of one connection. told: None where the gateway tells nothing."""

    def __init__(self, told: Callbacks | None) -> None:
        self._told = told

    @cached_property
    def _secrets(self) -> tuple[str, str]:
        """Read when the first call comes: a process that only sends need not have them."""
        assert self._told is not None  # noqa: S101 - asked where there is one
        secret, signature = self._told.secret, self._told.signature
        return (
            "" if secret is None else secret.revealed(),
            "" if signature is None else signature.revealed(),
        )

    def require_secrets(self) -> None:
        """Raises ConfigError for those that cannot be used."""
        if self._told is not None:
            _ = self._secrets

    @property
    def secret(self) -> str:
        """That the gateway is to bring. Raises ConfigError."""
        return self._secrets[0]

    def receive(self, request: RawRequest) -> Keep:
        """Raises Rejected, and ConfigError where a secret cannot be read."""
        told = self._told
        if told is None:
            raise Rejected("http_sms.no_callbacks", "the settings have none", scope="account")
        secret, key = self._secrets
        if told.secret is not None:
            told.secret.require(request, secret)
        if told.signature is not None:
            told.signature.require(request, key, url=told.url or "", reads=told.reads)
        return Keep(dedupe=_dedupe(told, request), answer=told.reply.answer())

    def parse(self, request: RawRequest) -> Sequence[ChannelEvent]:
        """Raises ProtocolError where none of it can be read; it quotes nothing."""
        if self._told is None:
            raise ProtocolError("http_sms.call", "the settings have no callbacks", whose="theirs")
        try:
            events = list(_understood(self._told, request))
        except Unreadable:
            events = []
        if all(isinstance(each, UnreadableEvent) for each in events):
            # A cause would quote what a patient wrote.
            message = "the call is not as the settings describe it"
            raise ProtocolError("http_sms.call", message, whose="theirs") from None
        return events


def _understood(told: Callbacks, request: RawRequest) -> Iterator[ChannelEvent]:
    for value in _events(told, request):
        # A STOP may stand beside what nobody has described.
        try:
            yield _event(_sort(told, request, value), value)
        except Unreadable:
            yield UnreadableEvent("http_sms.event")


def _sort(told: Callbacks, request: RawRequest, value: Value) -> Reports | Answers:
    """Raises Unreadable where it is none of them, or several."""
    parts = beyond(request)
    if told.secret is not None and told.secret.stands == "path":
        parts = parts[:-1]
    meant = [
        each
        for each in told.told
        if each.path == "/".join(parts) and (each.when is None or each.when.holds(value))
    ]
    if len(meant) != 1:
        raise Unreadable
    return meant[0]


def _events(told: Callbacks, request: RawRequest) -> Sequence[Value]:
    if told.reads == "json":
        data = read_json(request.body)
        several = [data] if told.each is None else data if told.each == WHOLE else at_path(data, told.each)
        if not isinstance(several, list) or not several:
            raise Unreadable
        return [_value_of_json(each) for each in several]
    pairs = request.query if told.reads == "query" else read_form(request.body, told.charset)
    if told.split is None:
        return [lambda name: only(pairs, name)]
    return _apart(told, pairs, told.split)


def _value_of_json(data: Any) -> Value:
    return lambda path: at_path(data, path)


def _apart(told: Callbacks, pairs: Sequence[tuple[str, str]], split: str) -> Sequence[Value]:
    """Lists that run beside each other; one that is shorter would say a thing of another message."""
    lists = {
        name: found.split(split)
        for name in {name for each in told.told for name in each.fields_named}
        if (found := only(pairs, name)) is not None
    }
    lengths = {len(each) for each in lists.values()}
    if len(lengths) != 1:
        raise Unreadable
    return [_value_of_column(lists, number) for number in range(lengths.pop())]


def _value_of_column(lists: dict[str, list[str]], number: int) -> Value:
    return lambda name: lists[name][number] if name in lists else None


def _event(sort: Reports | Answers, value: Value) -> ChannelEvent:
    def word(name: str) -> str | None:
        return word_of(value(name))

    at = None if sort.at is None else sort.at.read(word(sort.at.field))
    if isinstance(sort, Answers):
        sender = _required(word(sort.sender))
        text = word(sort.text)
        if text is None:
            raise Unreadable
        return InboundMessage(sender, text, provider_ref=_optional(sort.ref, word), at=at)
    ref, message = _optional(sort.ref, word), _ours(_optional(sort.message, word))
    if ref is None and message is None:
        raise Unreadable
    to = _optional(sort.to, word)
    return DeliveryReport(
        sort.words.get(_required(word(sort.status)).strip(), DeliveryStatus.UNKNOWN),
        ref,
        message=message,
        at=at,
        code=code_in(_optional(sort.code, word)),
        to=() if to is None else (to,),
    )


def _required(found: str | None) -> str:
    if not found:
        raise Unreadable
    return found


def _optional(name: str | None, word: Callable[[str], str | None]) -> str | None:
    return None if name is None else word(name) or None


def _ours(word: str | None) -> MessageId | None:
    try:
        return None if word is None else MessageId(str(UUID(word)))
    except ValueError:
        return None


def _dedupe(told: Callbacks, request: RawRequest) -> str:
    """A digest: keys are kept in the clear. Of a call that is not understood, of the whole."""
    named: list[Any] | None = None
    try:
        (value,) = _events(told, request)
        sort = _sort(told, request, value)
        if sort.dedupe:
            values = [word_of(value(name)) for name in sort.dedupe]
            named = None if None in values else [type(sort).__name__, *values]
    except (Unreadable, ValueError):
        pass
    whole = named or [request.path, request.query, request.body.hex()]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()
