"""What a gateway's answer to a send means.

Whoever errs here texts a patient twice, or never. So an answer is taken for a yes by what it says and by its
status, never by the lack of a no; for a no by what it says; and one of which the rules disagree, or that none
of them covers, is nobody's guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from nextvisit.sdk.channels import Accepted
from nextvisit.sdk.errors import (
    NextVisitError,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    RetryLater,
    SettingsFault,
)
from nextvisit.sdk.outbound import HttpReply
from nextvisit.sdk.settings import PluginSettings
from nextvisit_channel_http_sms.condition import Condition
from nextvisit_channel_http_sms.reading import (
    Unreadable,
    at_path,
    capture,
    captured,
    json_path,
    read_json,
    word_of,
)

_SUCCESS: Final = range(200, 300)
_REFUSAL: Final = range(400, 500)
_UNAVAILABLE: Final = 503
_BROKE: Final = range(500, 600)
_MOST_PARTS: Final = 255
_REF: Final = re.compile(r"[!-~]{1,128}")
_CODE: Final = re.compile(r"(?!.*\d{7})[A-Za-z0-9_.-]{1,40}")
"""Of a provider; so many digits in a row may be a number that somebody has."""
_SHORTEST_NUMBER: Final = 6

Reads = Literal["json", "text"]


def code_in(word: str | None) -> str | None:
    """A provider's own code, if it is one and no sentence."""
    return word if word is not None and _CODE.fullmatch(word) else None


class Rule(Condition):
    """What an answer means when the condition holds.

    says: `accepted`, `rejected`, `later` (surely not taken, and perhaps on another day) or `unknown`.
    about: of a refusal, what is refused: the `recipient`, the `message` or the `account`; of `later`, who has
        to wait: the `recipient`, or else the `account`.
    permanent: of a refused recipient, whether it will be so on another day, too.
    after: of `later`, how long to wait at least.
    """

    says: Literal["accepted", "rejected", "later", "unknown"]
    about: Literal["recipient", "message", "account"] | None = None
    permanent: bool = True
    after: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=1))] | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        fault = _FAULTS[self.says](self)
        if fault is None and self.says != "later" and self.after is not None:
            fault = "after is of `later`"
        if fault is None and not self.permanent and (self.says, self.about) != ("rejected", "recipient"):
            fault = "permanent is of a recipient that is rejected"
        if fault is not None:
            raise SettingsFault(fault)
        return self


def _fault_of_yes(rule: Rule) -> str | None:
    if rule.about is not None:
        return "about is of `rejected` and `later`"
    if not rule.has_words:
        return (
            "`accepted` goes by a field or a text that only a yes has; many gateways refuse with status 200"
        )
    if any(status not in _SUCCESS for status in rule.status):
        return "an answer whose status is none of 200 to 299 has accepted nothing"
    if rule.takes_no_for_yes:
        return "`accepted` would also be what says error, failed, rejected, null or nothing; name the words"
    return None


def _fault_of_no(rule: Rule) -> str | None:
    if rule.about is None:
        return "`rejected` needs `about`: recipient, message or account"
    if not rule.has_words and not _are_refusals(rule):
        return "`rejected` goes by a field, a text, or statuses of 400 to 499"
    if rule.takes_yes_for_no:
        return (
            "`rejected` would also be what says ok, accepted, queued, sent or nothing, and the patient would"
            " be written to again in another way; name the words"
        )
    return None


def _fault_of_later(rule: Rule) -> str | None:
    if rule.about == "message":
        return "`later` is about the recipient or the account"
    if not rule.has_words and not _are_refusals(rule):
        return (
            "`later` goes by a field, a text, or statuses of 400 to 499 and 503: what broke off may be taken"
        )
    if rule.takes_yes_for_no:
        return (
            "`later` would also be what says ok, accepted, queued, sent or nothing, and the patient would be"
            " texted twice; name the words"
        )
    return None


def _fault_of_unknown(rule: Rule) -> str | None:
    return None if rule.about is None else "about is of `rejected` and `later`"


_FAULTS: Final = {
    "accepted": _fault_of_yes,
    "rejected": _fault_of_no,
    "later": _fault_of_later,
    "unknown": _fault_of_unknown,
}


def _are_refusals(rule: Rule) -> bool:
    allowed = {*_REFUSAL, _UNAVAILABLE} if rule.says == "later" else {*_REFUSAL}
    return bool(rule.status) and set(rule.status) <= allowed


class AnswerReading(PluginSettings):
    """How an answer is read.

    reads: whether it is `json` or `text`.
    rules: the first that holds decides. Where one says `accepted` and another something else, nobody knows.
        What none covers is never accepted.
    ref: where the gateway's id of the message stands, as its reports will name it: a path of JSON, or a
        pattern whose group it is. parts, code: how many messages it counts, and its code of an error.
    """

    reads: Reads = "json"
    rules: tuple[Rule, ...] = Field(min_length=1)
    ref: str | None = None
    parts: str | None = None
    code: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name in ("ref", "parts", "code"):
            if (where := getattr(self, name)) is not None:
                _named(name, where, json_path if self.reads == "json" else capture)
        require_readable(self.reads, *self.rules)
        if not any(rule.says == "accepted" for rule in self.rules):
            message = "no rule says `accepted`: nothing would ever be"
            raise SettingsFault(message)
        _require_agreement(self.rules)
        return self


def _require_agreement(rules: Sequence[Rule]) -> None:
    """Raises ValueError for a word that is a yes in one rule and none in another, whatever else is said."""
    for yes in (each for each in rules if each.says == "accepted"):
        for other in (each for each in rules if each.says != "accepted" and each.goes_by_its_field_alone):
            if other.field == yes.field and any(other.fits(word) for word in yes.equals):
                message = f"a word of {yes.field} means `accepted` in one rule and `{other.says}` in another"
                raise SettingsFault(message)


def _named(name: str, where: str, check: Any) -> None:
    try:
        check(where)
    except ValueError as error:
        message = f"{name} {error}"
        raise SettingsFault(message) from None


def require_readable(reads: Reads, *conditions: Condition) -> None:
    """Raises ValueError for what such an answer does not have."""
    for each in conditions:
        if reads == "text" and each.fields_named:
            message = "a text has no fields; use text, or reads: json"
            raise SettingsFault(message)
        if reads == "json" and each.text is not None:
            message = "text is of an answer that reads: text; of JSON, name a field"
            raise SettingsFault(message)
        for path in each.fields_named:
            json_path(path)


@dataclass(slots=True)
class Reply:
    """An answer as it is read: words by their places. Raises Unreadable for what should be JSON."""

    reads: Reads
    reply: HttpReply
    _text: str = field(default="", init=False, repr=False)
    _data: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.reads == "text":
            self._text = self.reply.body.decode("utf-8-sig", "replace").strip()
        else:
            self._data = read_json(self.reply.body)

    def meets(self, condition: Condition) -> bool:
        """Whether it holds."""
        return condition.holds(self._value, status=self.reply.status, text=self._text)

    @property
    def is_success(self) -> bool:
        """Of HTTP."""
        return self.reply.status in _SUCCESS

    def word(self, where: str | None) -> str | None:
        """What stands at a path, or in a pattern's group."""
        if where is None:
            return None
        return captured(where, self._text) if self.reads == "text" else word_of(self._value(where))

    def _value(self, path: str) -> Any:
        return at_path(self._data, path)


def judged(reading: AnswerReading, reply: HttpReply, to: str, parts: int) -> Accepted:
    """What was accepted. parts: as we count them. Raises what the rules say, or what none of them covers."""
    try:
        answer = Reply(reading.reads, reply)
    except Unreadable:
        raise _uncovered(reply) from None
    holding = [rule for rule in reading.rules if answer.meets(rule)]
    if not answer.is_success and any(rule.says == "accepted" for rule in holding):
        # Its words say yes and its status no: whoever stands between may have said the one or the other.
        message = (
            f"the words of the answer say that the message was accepted, and its status is {reply.status}"
        )
        raise OutcomeUnknown("http_sms.contradiction", message)
    if not holding:
        raise _uncovered(reply)
    said = {rule.says for rule in holding}
    if "accepted" in said and len(said) > 1:
        message = "one rule says that the message was accepted, and another that it was not"
        raise OutcomeUnknown("http_sms.contradiction", message)
    rule = holding[0]
    if rule.says == "accepted":
        return Accepted(_ref(answer.word(reading.ref), to), _parts(answer.word(reading.parts), parts))
    raise _refusal(rule, reply, code_in(answer.word(reading.code)))


def _refusal(rule: Rule, reply: HttpReply, code: str | None) -> NextVisitError:
    named = f"http_sms.{code or rule.says}"
    match rule.says:
        case "rejected":
            assert rule.about is not None  # noqa: S101 - its validator saw to it
            return Rejected(named, scope=rule.about, permanent=rule.permanent)
        case "later":
            wishes = [each for each in (rule.after, reply.wait) if each is not None]
            scope: Literal["recipient", "account"] = "recipient" if rule.about == "recipient" else "account"
            return RetryLater(named, after=max(wishes, default=None), scope=scope)
        case _:
            return OutcomeUnknown(named)


def _uncovered(reply: HttpReply) -> NextVisitError:
    """What HTTP itself says of a login, a throttle or a server that broke; the rest is not understood."""
    code = f"http_sms.http_{reply.status}"
    if reply.status in {401, 403}:
        return Rejected(code, "the gateway refuses this login", scope="account")
    if reply.status in {425, 429, _UNAVAILABLE}:
        return RetryLater(code, after=reply.wait)
    if reply.status in _BROKE:
        return OutcomeUnknown(code)
    return ProtocolError(code, "no rule of the settings covers this answer", whose="theirs")


def _ref(word: str | None, to: str) -> str | None:
    """One that holds the number is none: ids are kept in the clear."""
    number = to.removeprefix("+")
    if word is None or not _REF.fullmatch(word) or (len(number) >= _SHORTEST_NUMBER and number in word):
        return None
    return word


def _parts(word: str | None, counted: int) -> int:
    if word is not None and word.isascii() and word.isdigit() and 0 < int(word[:4]) <= _MOST_PARTS:
        return int(word[:4])
    return counted
