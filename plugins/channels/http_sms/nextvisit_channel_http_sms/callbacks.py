"""What an operator says about what a gateway tells unasked: reports, and what patients write."""

from __future__ import annotations

from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from nextvisit.sdk.channels import DeliveryStatus
from nextvisit.sdk.doors import Answer
from nextvisit.sdk.errors import SettingsFault
from nextvisit.sdk.settings import PluginSettings
from nextvisit_channel_http_sms.condition import Condition, plain
from nextvisit_channel_http_sms.instants import Instant
from nextvisit_channel_http_sms.proof import SharedSecret, Signature
from nextvisit_channel_http_sms.reading import json_path

_ARRIVED: Final = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.READ})
_ON_ITS_WAY: Final = frozenset(
    {
        "sent",
        "sending",
        "queue",
        "queued",
        "accepted",
        "accept",
        "submitted",
        "pending",
        "enroute",
        "buffered",
    }
)
_DID_NOT_ARRIVE: Final = (
    "un",
    "fail",
    "reject",
    "expire",
    "not",
    "non",
    "error",
    "block",
    "delete",
    "cancel",
)
WHOLE: Final = "."
_FINAL: Final = range(200, 300)


class Reply(PluginSettings):
    """What the gateway takes for an acknowledgement; given after the call is safe."""

    status: int = 200
    body: str = ""
    media_type: str = Field(default="text/plain; charset=utf-8", pattern=r"^[!-~]([ -~]*[!-~])?$")

    @model_validator(mode="after")
    def _is_sendable(self) -> Self:
        if self.status not in _FINAL or (self.status in {204, 205} and self.body):
            message = "status must be one of 200 to 299, and 204 has no body"
            raise SettingsFault(message)
        return self

    def answer(self) -> Answer:
        """For the SDK."""
        return Answer(self.status, self.body.encode(), self.media_type)


class _Told(PluginSettings):
    """What both have. path: what follows the connection's name in the address. when: what tells such a call
    from the other sort. at: when it happened. dedupe: fields that are equal when a thing is told twice, and
    not otherwise; without them, the whole call has to be.
    """

    path: str = Field(default="", pattern=r"^([\w-]+(/[\w-]+)*)?$")
    when: Condition | None = None
    at: Instant | None = None
    dedupe: tuple[str, ...] = ()

    @field_validator("when")
    @classmethod
    def _is_of_fields(cls, value: Condition | None) -> Condition | None:
        if value is not None and (value.status or value.text is not None):
            message = "a call has fields, and neither a status nor a text"
            raise SettingsFault(message)
        return value


class Reports(_Told):
    """What became of a message.

    ref, message: where the gateway's id stands, or ours; one of them at least. to: the number.
    status: the word of what became of it. words: what each means; any other is `unknown`.
    code: the gateway's code of an error.
    """

    ref: str | None = None
    message: str | None = None
    to: str | None = None
    status: str
    words: dict[str, DeliveryStatus] = Field(min_length=1)
    code: str | None = None

    @field_validator("words", mode="before")
    @classmethod
    def _are_plain(cls, value: Any) -> Any:
        return plain(value)

    @field_validator("words")
    @classmethod
    def _are_sound(cls, value: dict[str, DeliveryStatus]) -> dict[str, DeliveryStatus]:
        for word, status in value.items():
            if status is DeliveryStatus.OPENED:
                message = f"{word}: nobody opens a text; write delivered or read"
                raise SettingsFault(message)
            said = word.lower()
            if status in _ARRIVED and (said.startswith(_DID_NOT_ARRIVE) or said in _ON_ITS_WAY):
                message = f"{word}: such a word does not mean that the text arrived"
                raise SettingsFault(message)
            if status is not DeliveryStatus.DELIVERED and said in {"delivered", "delivrd"}:
                message = f"{word}: such a word means delivered"
                raise SettingsFault(message)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.ref is None and self.message is None:
            message = "a report needs ref (the gateway's id) or message (ours), or it finds no message"
            raise SettingsFault(message)
        if self.dedupe and (self.status not in self.dedupe or not set(self.dedupe) & set(self.ids)):
            message = "dedupe needs the id and the status: else `sent` would swallow the `delivered` after it"
            raise SettingsFault(message)
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """The fields by which it finds its message."""
        return tuple(each for each in (self.ref, self.message) if each is not None)

    @property
    def fields_named(self) -> tuple[str, ...]:
        """All that it looks at."""
        more = (self.to, self.status, self.code)
        return (*self.ids, *(each for each in more if each is not None), *_of_both(self))

    @property
    def believed(self) -> tuple[str, ...]:
        """What a forger would change."""
        return (*self.ids, self.status)


class Answers(_Told):
    """What a patient wrote. sender, text: the number and the words. ref: the gateway's id of it."""

    sender: str
    text: str
    ref: str | None = None

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        if self.ref is None and self.at is None:
            message = "needs ref or at: else a patient's second `yes` would be taken for the first"
            raise SettingsFault(message)
        named = set(self.dedupe)
        apart = {self.sender, self.text, self.at.field} if self.at is not None else None
        if named and self.ref not in named and (apart is None or not apart <= named):
            message = (
                "dedupe needs ref, or sender, text and the time: else two answers would be taken for one"
            )
            raise SettingsFault(message)
        return self

    @property
    def fields_named(self) -> tuple[str, ...]:
        """All that it looks at."""
        return (self.sender, self.text, *(() if self.ref is None else (self.ref,)), *_of_both(self))

    @property
    def believed(self) -> tuple[str, ...]:
        """What a forger would change."""
        return (self.sender, self.text)


def _of_both(told: _Told) -> tuple[str, ...]:
    return (
        *(() if told.when is None else told.when.fields_named),
        *(() if told.at is None else (told.at.field,)),
        *told.dedupe,
    )


class Callbacks(PluginSettings):
    """What the gateway tells at `/webhooks/` and the connection's name.

    url: that address as the gateway was given it, for a signature over it.
    reads: where the fields stand: in the `query`, in a `form` or in `json`. charset: of a form's letters.
    secret, signature: what proves that it calls; one of them at least.
    each: of JSON, where the list of several events stands, or `.` where it is the whole.
    split: what parts several events in each field.
    reply: what it takes for an acknowledgement.
    """

    url: str | None = None
    reads: Literal["query", "form", "json"] = "form"
    charset: Literal["utf-8", "windows-1251", "koi8-r", "iso-8859-1", "iso-8859-2"] = "utf-8"
    secret: SharedSecret | None = None
    signature: Signature | None = None
    each: str | None = None
    split: str | None = Field(default=None, min_length=1, max_length=1)
    reply: Reply = Reply()
    reports: Reports | None = None
    answers: Answers | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for fault in (self._fault(), self._fault_of_proof(), self._fault_of_several()):
            if fault is not None:
                raise SettingsFault(fault)
        if self.reads == "json":
            for name in (*self._named, *(() if self.each in {None, WHOLE} else (self.each,))):
                json_path(name)
        return self

    @property
    def told(self) -> tuple[Reports | Answers, ...]:
        """The sorts of calls that there are."""
        return tuple(each for each in (self.reports, self.answers) if each is not None)

    @property
    def _named(self) -> tuple[str, ...]:
        return tuple(name for told in self.told for name in told.fields_named)

    def _fault(self) -> str | None:
        if not self.told:
            return "needs reports or answers"
        if self.reports is not None and self.answers is not None:
            apart = self.reports.path != self.answers.path
            if not apart and (self.reports.when is None or self.answers.when is None):
                return "reports and answers need a `path` each, or a `when` each, to be told apart"
        if self.charset != "utf-8" and self.reads != "form":
            return "charset is of a form"
        return None

    def _fault_of_proof(self) -> str | None:
        if self.secret is None and self.signature is None:
            return (
                "needs secret or signature: anybody could say that a patient wrote STOP, or a code is right"
            )
        if self.signature is None:
            return None
        signed = self.signature.signed
        if "url" in signed and not _is_address(self.url):
            return "a signature over {url} needs url: the https address that the gateway was given"
        fields = any(name.startswith("field.") for name in signed) or self.signature.field is not None
        if fields and self.reads == "json":
            return "fields are signed of a form or a query; of JSON, sign the {body}"
        if "sorted_fields" in signed and self.reads == "json":
            return "{sorted_fields} is of a form or a query; of JSON, sign the {body}"
        if self._signs_all(signed):
            return None
        for told in self.told:
            if missing := [name for name in told.believed if f"field.{name}" not in signed]:
                return f"the signature leaves out {', '.join(missing)}: whoever has seen one can change that"
        return None

    def _signs_all(self, signed: frozenset[str]) -> bool:
        whole = {"query": {"url", "sorted_fields"}, "form": {"body", "sorted_fields"}, "json": {"body"}}
        return bool(signed & whole[self.reads])

    def _fault_of_several(self) -> str | None:
        if self.each is not None and self.reads != "json":
            return "each is of JSON"
        if self.split is not None and self.reads == "json":
            return "split is of a form or a query"
        if (self.each or self.split) and any(told.dedupe for told in self.told):
            return "a call that tells of several events is one by all that it says: leave out dedupe"
        if self.split is not None and self.answers is not None:
            return "split would cut what a patient wrote: leave it out, or answers"
        return None


def _is_address(url: str | None) -> bool:
    if url is None:
        return False
    found = urlsplit(url)
    return found.scheme in {"https", "http"} and bool(found.netloc) and not found.query and not found.fragment
