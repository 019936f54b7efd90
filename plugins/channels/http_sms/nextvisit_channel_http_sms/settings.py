"""What an operator says about one gateway: what it is asked, what it answers, what it tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from nextvisit.sdk.destinations import origin
from nextvisit.sdk.errors import SettingsFault
from nextvisit.sdk.outbound import OutboundServer
from nextvisit.sdk.settings import PluginSettings, SecretRef
from nextvisit_channel_http_sms.answer import AnswerReading, Reads, require_readable
from nextvisit_channel_http_sms.callbacks import Callbacks
from nextvisit_channel_http_sms.condition import Condition, Word, plain
from nextvisit_channel_http_sms.template import Template

PLACES: Final = (
    "to", "text", "id", "sender", "unicode", "expires", "expires_unix", "seconds_left", "minutes_left",
    "callback_secret", "reply_to",
)  # fmt: skip
"""What fills the fields of a request."""
EXPIRY: Final = frozenset({"expires", "expires_unix", "seconds_left", "minutes_left"})
SOMETIMES: Final = EXPIRY | {"reply_to"}
"""What not every message has; a field with such a place is left out of the others."""
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS: Final = frozenset(
    {"content-type", "content-length", "host", "accept-encoding", "connection", "transfer-encoding"}
)
_OF_SECRETS: Final = re.compile(
    r"(x[-_])?(psw|pwd|pass|passwd|password|secret|token|key|auth|authorization|proxy-authorization|cookie"
    r"|(api|access|auth|app|secret)[-_]?(key|token|secret|id_token|password))",
    re.IGNORECASE,
)

Json = Mapping[str, Any]


def _named_place(name: str, text: str) -> Template:
    try:
        found = Template.read(text)
        found.require(PLACES)
    except ValueError as error:
        message = f"{name}: {error}"
        raise SettingsFault(message) from None
    return found


def leaves(fields: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every word of a request's fields, and where it stands."""
    match fields:
        case dict():
            for key, each in fields.items():
                yield from leaves(each, f"{name}.{key}" if name else key)
        case list():
            for number, each in enumerate(fields):
                yield from leaves(each, f"{name}[{number}]")
        case _:
            yield name, fields


class BasicLogin(PluginSettings):
    """HTTP Basic."""

    username: str
    password: SecretRef


class HeaderKey(PluginSettings):
    """A header of the gateway's own. prefix: what stands before the secret, such as `App `."""

    name: str = Field(pattern=_HEADER.pattern)
    secret: SecretRef
    prefix: str = Field(default="", pattern=r"^[ -~]*$")


class Login(PluginSettings):
    """How the gateway knows us; all secrets stand here.

    basic, bearer, header: one of them at most. fields: secrets among the fields of each request, such as
    `psw`; in the query of one that has no body. query: those that belong into the query of every request.
    """

    basic: BasicLogin | None = None
    bearer: SecretRef | None = None
    header: HeaderKey | None = None
    fields: dict[str, SecretRef] = Field(default_factory=dict)
    query: dict[str, SecretRef] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.basic, self.bearer, self.header)) > 1:
            message = "basic, bearer and header: one of them at most"
            raise SettingsFault(message)
        return self


class Check(PluginSettings):
    """A question that writes to nobody, such as for the balance, on the same server.

    query, fields: of the question, as they stand; fields need method POST.
    proves: what says that the login is right. refuses: what says that it is wrong, beside 401 and 403.
    """

    url: str
    method: Literal["GET", "POST"] = "GET"
    query: dict[str, Word] = Field(default_factory=dict)
    fields: dict[str, Word] = Field(default_factory=dict)
    reads: Reads = "json"
    proves: Condition
    refuses: Condition | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        require_readable(self.reads, self.proves, *(() if self.refuses is None else (self.refuses,)))
        if not self.proves.has_words or self.proves.takes_no_for_yes:
            message = "proves: a field or a text that only a right login gets"
            raise SettingsFault(message)
        if any("{" in each for each in (*self.query.values(), *self.fields.values())):
            message = "a check is about nobody and has no places"
            raise SettingsFault(message)
        if self.fields and self.method == "GET":
            message = "fields need method: POST; a GET has a query"
            raise SettingsFault(message)
        return self


def _none_said(value: Any) -> Any:
    return None if isinstance(value, str) and value == "none" else value


class HttpSmsSettings(PluginSettings):
    """Settings of one connection.

    url: where messages are posted. headers: beside those of the login and the body; `{id}` may stand in them.
    body: how `fields` are written: `form`, `json`, or in the `query`.
    query: what stands in it besides, as it is.
    fields: with places such as `{to}` and `{text}`, which stand in them once each.
    number: how `{to}` is written: `plus` (+48…), `digits` (48…) or `double_zero` (0048…).
    unicode: what `{unicode}` is for a text with letters outside of the GSM alphabet, and for one without.
    answer: what the gateway says to a message. check: how it is asked whether it knows us, or `none`.
    callbacks: what it tells unasked. longest: characters that it takes.
    timeout: how long it may be silent; a whole answer may take twice that.
    plain_http: true lets `http://` lead to another machine, where whoever can listen reads patients' data.
    """

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    auth: Login = Login()
    body: Literal["form", "json", "query"] = "form"
    query: dict[str, Word] = Field(default_factory=dict)
    fields: dict[str, Any]
    number: Literal["plus", "digits", "double_zero"] = "plus"
    sender: str = Field(default="", max_length=64)
    unicode: tuple[str | int | bool, str | int | bool] = ("1", "0")
    answer: AnswerReading
    check: Annotated[Check | None, BeforeValidator(_none_said)]
    callbacks: Callbacks | None = None
    longest: int | None = Field(default=None, ge=1, le=10_000)
    timeout: timedelta = Field(default=timedelta(seconds=15), gt=timedelta(0))
    plain_http: bool = False
    ca_file: Path | None = None

    @property
    def destination(self) -> OutboundServer:
        """Which server, for `sdk.outbound`."""
        return OutboundServer(self.url, self.plain_http, self.ca_file)

    @field_validator("fields", mode="before")
    @classmethod
    def _are_plain(cls, value: Any) -> Any:
        return plain(value)

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER.fullmatch(name) or name.lower() in _OURS:
                message = f"{name}: is no header that the settings may write"
                raise SettingsFault(message)
            if not text.isascii() or not text.isprintable():
                message = f"{name}: must be printable ASCII"
                raise SettingsFault(message)
            if set(_named_place(name, text).places) - {"id"}:
                message = (
                    f"{name}: in a header {{id}} may stand and nothing else: headers are logged on the way"
                )
                raise SettingsFault(message)
        _require_no_secret(value)
        return value

    @field_validator("query")
    @classmethod
    def _is_literal(cls, value: dict[str, str]) -> dict[str, str]:
        _require_no_secret(value)
        return value

    @field_validator("fields")
    @classmethod
    def _are_fields(cls, value: dict[str, Any]) -> dict[str, Any]:
        places: list[str] = []
        for name, leaf in leaves(value):
            if isinstance(leaf, str):
                template = _named_place(name, leaf)
                places += template.places
                _require_alone(name, template)
            elif leaf is not None and not isinstance(leaf, (bool, int, float)):
                message = f"{name}: must be a text, a number, or true or false"
                raise SettingsFault(message)
        for needed in ("to", "text"):
            if places.count(needed) != 1:
                message = (
                    f"{{{needed}}} must stand in one field, once, or patients are texted twice or not at all"
                )
                raise SettingsFault(message)
        _require_sole(value)
        _require_no_secret({name.rpartition(".")[2]: leaf for name, leaf in leaves(value)})
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for fault in (self._fault_of_place(), self._fault_of_body(), self._fault_of_words()):
            if fault is not None:
                raise SettingsFault(fault)
        return self

    @property
    def places(self) -> frozenset[str]:
        """Those that fields and headers have."""
        words = [leaf for _, leaf in leaves(self.fields) if isinstance(leaf, str)]
        return frozenset(
            name for each in (*words, *self.headers.values()) for name in Template.read(each).places
        )

    def _fault_of_place(self) -> str | None:
        if (fault := self.destination.fault()) is not None:
            return f"url {fault}"
        if self.check is not None:
            beside = OutboundServer(self.check.url, self.plain_http, self.ca_file)
            if (fault := beside.fault()) is not None:
                return f"check.url {fault}"
            if origin(urlsplit(self.check.url)) != origin(urlsplit(self.url)):
                return "check.url must be of the same server as url: it is shown the same login"
        return None

    def _fault_of_body(self) -> str | None:
        if self.method == "GET" and self.body != "query":
            return "a GET has no body; write body: query"
        if self.body != "json" and any(
            isinstance(each, bool) or not isinstance(each, (str, int, float)) for each in self.fields.values()
        ):
            return "fields of a form or a query are texts or numbers, one a name; put true in quotes"
        if set(self.fields) & set(self.auth.fields):
            return "a name stands in fields and in auth.fields"
        in_query = [*self.query, *self.auth.query]
        if self.body == "query":
            in_query += [*self.fields, *self.auth.fields]
        return "a name stands twice in the query" if len(set(in_query)) != len(in_query) else None

    def _fault_of_words(self) -> str | None:
        used = self.places
        if ("sender" in used) != bool(self.sender):
            return "sender and a field with {sender} belong together"
        if "unicode" not in used and "unicode" in self.model_fields_set:
            return "no field has {unicode}"
        reports = None if self.callbacks is None else self.callbacks.reports
        if reports is not None:
            if reports.ref is not None and reports.message is None and self.answer.ref is None:
                return (
                    "callbacks.reports.ref is the gateway's id, and answer.ref does not say where it tells it"
                )
            if reports.message is not None and "id" not in used:
                return "callbacks.reports.message is our id, and no field has {id}"
        secret = None if self.callbacks is None else self.callbacks.secret
        if "callback_secret" in used and secret is None:
            return "{callback_secret} is that of callbacks.secret, and there is none"
        return None


def _require_alone(name: str, template: Template) -> None:
    if "text" in template.places and template.pieces != Template.read("{text}").pieces:
        message = f"{name}: {{text}} must stand alone: what a patient reads is the campaign's"
        raise SettingsFault(message)
    if "to" in template.places and (len(template.places) > 1 or re.search(r"[\d,;]", template.around)):
        message = f"{name}: beside {{to}} neither a digit, a comma nor another place may stand"
        raise SettingsFault(message)


def _require_sole(fields: Any) -> bool:
    """Whether the number is in it. Raises ValueError where a list has somebody beside whom it is of."""
    inner = fields.values() if isinstance(fields, dict) else fields if isinstance(fields, list) else None
    if inner is None:
        return isinstance(fields, str) and "to" in Template.read(fields).places
    found = [_require_sole(each) for each in inner]
    if isinstance(fields, list) and any(found) and len(found) > 1:
        message = "{to} must stand alone in its list: a message goes to one patient"
        raise SettingsFault(message)
    return any(found)


def _require_no_secret(values: Mapping[str, object]) -> None:
    for name, value in values.items():
        if _OF_SECRETS.fullmatch(name) and value not in {"{id}", "{callback_secret}"}:
            message = f"{name}: looks like a secret; it belongs under auth, as file:… or env:…"
            raise SettingsFault(message)


def silence(settings: HttpSmsSettings) -> timedelta:
    """How long a send waits for a gateway that begins an answer and does not end it."""
    return 2 * settings.timeout
