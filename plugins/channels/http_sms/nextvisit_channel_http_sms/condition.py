"""When a rule holds: what an answer or a call has to say, word by word."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from nextvisit.sdk.errors import SettingsFault
from nextvisit.sdk.settings import PluginSettings
from nextvisit_channel_http_sms.reading import Pattern, fits, word_of

_NO_YES: Final = frozenset(
    {"", "null", "none", "false", "no", "err", "error", "fail", "failed", "failure", "invalid", "nok"}
    | {"rejected", "reject", "refused", "denied", "undelivered", "undeliverable", "not ok", "error: 97"}
)
_NO_NO: Final = frozenset(
    {"", "ok", "true", "yes", "success", "accepted", "queue", "queued", "enqueued", "pending", "scheduled"}
    | {"submitted", "sent", "sending", "delivered", "ok 97", "0: accepted for delivery"}
)

_NOTHING: Final[tuple[Any, ...]] = (None, [], {})

Word = Annotated[str, BeforeValidator(lambda value: value if (word := word_of(value)) is None else word)]
"""As `word_of` has it: in YAML a number is a number, and an answer may have it in quotes."""


class Condition(PluginSettings):
    """All that is said has to hold.

    status: one of these of HTTP. field: one of the answer's that has to be there, and `equals` one of these
    words, or `matches` as a whole. text: the whole of an answer that is no JSON. present, absent: fields that
    must be there, whatever they say, or must not be there, or be null or
    an empty list.
    """

    status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    field: str | None = None
    equals: tuple[Word, ...] = ()
    matches: Pattern | None = None
    text: Pattern | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not (self.status or self.field or self.text or self.present or self.absent):
            message = "must say when: status, field, text, present or absent"
            raise SettingsFault(message)
        if self.field is None and (self.equals or self.matches):
            message = "equals and matches are of a field; say which"
            raise SettingsFault(message)
        if self.field is not None and bool(self.equals) == (self.matches is not None):
            message = "a field needs equals (words) or matches (a pattern), one of them"
            raise SettingsFault(message)
        return self

    @property
    def fields_named(self) -> tuple[str, ...]:
        """Those that it looks at."""
        return (*(() if self.field is None else (self.field,)), *self.present, *self.absent)

    @property
    def has_words(self) -> bool:
        """Whether it goes by something that the other side says, beside the status."""
        return self.field is not None or self.text is not None

    @property
    def goes_by_its_field_alone(self) -> bool:
        """Whether nothing else has to hold."""
        return self.field is not None and not (self.status or self.text or self.present or self.absent)

    @property
    def takes_no_for_yes(self) -> bool:
        """Whether what says that something failed would fit."""
        return self._takes(_NO_YES)

    @property
    def takes_yes_for_no(self) -> bool:
        """Whether what says that something went well would fit."""
        return self._takes(_NO_NO)

    def _takes(self, words: Collection[str]) -> bool:
        spelt = {each for word in words for each in (word, word.upper(), word.capitalize())}
        if self.field is not None and any(self.fits(word) for word in spelt):
            return True
        return self.text is not None and any(fits(self.text, word) for word in spelt)

    def holds(self, value: Callable[[str], Any], *, status: int | None = None, text: str = "") -> bool:
        """value: what stands in a field, None where there is nothing. Raises what that raises."""
        if self.status and status not in self.status:
            return False
        if self.text is not None and not fits(self.text, text):
            return False
        if self.field is not None and ((word := word_of(value(self.field))) is None or not self.fits(word)):
            return False
        here = all(value(each) not in _NOTHING for each in self.present)
        # A thing that is no word is there all the same: `"error": {"code": 7}`.
        return here and all(value(each) in _NOTHING for each in self.absent)

    def fits(self, word: str) -> bool:
        """Whether a word of the field does."""
        return word in self.equals or (self.matches is not None and fits(self.matches, word))


def plain(value: Any) -> Any:
    """What was read from a file, without where it stood."""
    match value:
        case dict():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case str():
            return str(value)
        case _:
            return value
