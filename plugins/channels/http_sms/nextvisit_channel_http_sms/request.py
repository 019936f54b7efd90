"""What is sent: a message in the fields of the settings, encoded as the body wants it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from nextvisit.sdk import gsm
from nextvisit.sdk.channels import OutgoingMessage, ShortText
from nextvisit.sdk.errors import ConfigError, Rejected
from nextvisit.sdk.outbound import Query
from nextvisit.sdk.settings import SecretRef, reveal
from nextvisit_channel_http_sms.reading import word_of
from nextvisit_channel_http_sms.settings import SOMETIMES, HttpSmsSettings, Login
from nextvisit_channel_http_sms.template import Template

FORM: Final = "application/x-www-form-urlencoded"
_SEPTETS: Final = (160, 153)
_UNITS: Final = (70, 67)
_NUMBERS: Final = {"plus": "+", "digits": "", "double_zero": "00"}


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """As `OutboundHttp.ask` takes it. parts: as many as the text takes on the air, by our count."""

    query: Query
    content: bytes | None
    headers: Mapping[str, str]
    parts: int


def text_of(message: OutgoingMessage) -> str:
    """Raises Rejected for what no gateway could send."""
    if not isinstance(message.content, ShortText):
        raise Rejected("http_sms.not_a_short_text", scope="message")
    if message.content.media is not None:
        raise Rejected("http_sms.media", "carries no media", scope="message")
    text = message.content.text
    if not text or any("\ud800" <= each <= "\udfff" for each in text):
        raise Rejected("http_sms.no_text", scope="message")
    return text


def request_of(
    settings: HttpSmsSettings, message: OutgoingMessage, now: datetime, callback_secret: str
) -> Request:
    """Raises Rejected for a message that cannot be sent so, ConfigError for a secret."""
    text, number = text_of(message), message.to.removeprefix("+")
    if not (number.isascii() and number.isdigit() and 5 <= len(number) <= 15):
        raise Rejected("http_sms.bad_number", "not an international number")
    values = {
        "to": f"{_NUMBERS[settings.number]}{number}",
        "text": text,
        "id": message.id,
        "sender": settings.sender,
        # It stands in an address that the gateway is told.
        "callback_secret": quote(callback_secret, safe=""),
        **_expiry(message.expires_at, now),
        **({} if message.reply_to is None else {"reply_to": message.reply_to}),
    }
    octets = gsm.encode(text)
    fields = _filled(settings.fields, values, settings.unicode[0 if octets is None else 1])
    login = settings.auth
    query = [*settings.query.items(), *((name, reveal(each)) for name, each in login.query.items())]
    secrets = {name: reveal(each) for name, each in login.fields.items()}
    headers = {name: Template.read(each).fill(values) for name, each in settings.headers.items()}
    headers |= login_headers(login)
    content = None
    match settings.body:
        case "json":
            headers["Content-Type"] = "application/json"
            content = json.dumps(fields | secrets).encode()
        case "form":
            headers["Content-Type"] = FORM
            content = urlencode(_words(fields) | secrets).encode()
        case _:
            query += (_words(fields) | secrets).items()
    return Request(query, content, headers, parts_of(text, octets))


def _words(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: word_of(each) or "" for name, each in fields.items()}


def login_headers(login: Login) -> dict[str, str]:
    """Raises ConfigError."""
    if login.basic is not None:
        pair = f"{login.basic.username}:{reveal(login.basic.password)}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    if login.bearer is not None:
        return {"Authorization": f"Bearer {_in_header(login.bearer)}"}
    if login.header is not None:
        return {login.header.name: f"{login.header.prefix}{_in_header(login.header.secret)}"}
    return {}


def _in_header(reference: SecretRef) -> str:
    """A library that is to write another would quote it in what it raises."""
    secret = reveal(reference)
    if not secret or not secret.isascii() or not secret.isprintable():
        raise ConfigError(
            "http_sms.secret", "cannot stand in a header: it is empty, or no ASCII", place=reference
        )
    return secret


def parts_of(text: str, octets: list[bytes] | None) -> int:
    """3GPP TS 23.040: one message, or several that each hold a little less."""
    if octets is None:
        length, (one, several) = len(text.encode("utf-16-le")) // 2, _UNITS
    else:
        length, (one, several) = len(b"".join(octets)), _SEPTETS
    return 1 if length <= one else -(-length // several)


def _expiry(at: datetime | None, now: datetime) -> dict[str, str]:
    """Empty where there is none: fields that have such a place are then left out."""
    if at is None:
        return {}
    left = max(1, int((at - now).total_seconds()))
    return {
        "expires": at.astimezone(UTC).isoformat(timespec="seconds"),
        "expires_unix": str(int(at.timestamp())),
        "seconds_left": str(left),
        "minutes_left": str(max(1, left // 60)),
    }


def _filled(fields: Any, values: Mapping[str, str], unicode: str | int | bool) -> Any:  # noqa: FBT001 - the settings' own word
    match fields:
        case dict():
            return {
                name: _filled(each, values, unicode) for name, each in fields.items() if _has(each, values)
            }
        case list():
            return [_filled(each, values, unicode) for each in fields if _has(each, values)]
        case "{unicode}":
            return unicode
        case str():
            return Template.read(fields).fill({"unicode": str(unicode), **values})
        case _:
            return fields


def _has(leaf: Any, values: Mapping[str, str]) -> bool:
    return not isinstance(leaf, str) or (SOMETIMES & set(Template.read(leaf).places)) <= values.keys()
