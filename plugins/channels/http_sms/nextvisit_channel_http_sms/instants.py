"""When something happened, as a gateway writes it. Without a zone it is no time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from nextvisit.sdk.errors import SettingsFault
from nextvisit.sdk.settings import PluginSettings

_NUMBERS = {"unix": 1, "unix_ms": 1000}


class Instant(PluginSettings):
    """A time of a call.

    field: where it stands. written: `unix` or `unix_ms`, `iso`, or a pattern such as `%Y-%m-%d %H:%M:%S`.
    zone: of times that name none, such as Europe/Warsaw.
    """

    field: str
    written: str = Field(min_length=1)
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            message = "must be an IANA time zone such as Europe/Warsaw"
            raise SettingsFault(message) from None
        return value

    @model_validator(mode="after")
    def _has_zone(self) -> Self:
        if self.written in {*_NUMBERS, "iso"}:
            return self
        if "%" not in self.written:
            message = "written must be unix, unix_ms, iso or a pattern such as %Y-%m-%d %H:%M:%S"
            raise SettingsFault(message)
        try:
            datetime.strptime(datetime.now(UTC).strftime(self.written), self.written)  # noqa: DTZ007 - tried out
        except ValueError:
            message = "written is a pattern by which no time can be read"
            raise SettingsFault(message) from None
        if self.zone is None and "%z" not in self.written:
            message = "such a time names no zone: say zone, such as Europe/Warsaw"
            raise SettingsFault(message)
        return self

    def read(self, word: str | None) -> datetime | None:
        """None for what is none, and for what has no zone: the event is worth more than its time."""
        if word is None:
            return None
        try:
            if self.written in _NUMBERS:
                return datetime.fromtimestamp(float(word) / _NUMBERS[self.written], UTC)
            if self.written == "iso":
                found = datetime.fromisoformat(word)
            else:
                found = datetime.strptime(word, self.written)  # noqa: DTZ007 - the zone is put beside it
            if found.tzinfo is None and self.zone is not None:
                found = found.replace(tzinfo=ZoneInfo(self.zone))
            return None if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            return None
