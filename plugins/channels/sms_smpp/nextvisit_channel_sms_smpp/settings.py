"""What an operator says about one message centre."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from nextvisit.sdk.settings import PluginSettings, SecretRef

Alphabet = Literal["gsm", "latin1", "ascii"]
ReceiptId = Literal["same", "decimal", "hexadecimal"]
_SENDER = re.compile(r"\+?[0-9]{3,20}|[A-Za-z0-9 ._-]{1,11}")


class SmsSmppSettings(PluginSettings):
    """Settings of one connection.

    tls: `implicit`, or `none` where the line is protected otherwise; it must be said.
    bind: `pair`, a transmitter in every worker and a receiver in the gateway, or `transceiver`, one session
        for both in every worker. A login that may be bound once wants `transceiver` and one worker.
    sender: a number, or up to eleven letters, which nobody can answer.
    default_alphabet: what this centre means by data_coding 0.
    long_texts: `udh8` and `udh16` cut the text here, `payload` leaves that to the centre.
    receipt_id: how receipts name a message: the `same` as the response to a submit, or the same number in
        `decimal` while the response has it in hexadecimal, or in `hexadecimal` while that has it in decimal.
    window: how many submits may be without a response.
    patience: how long a text waits for a centre that throttles, before it is tried again later. With
        `timeout`, less than three quarters of the appliance's `attempt`, which is seen to.
    parts_wait: how long a part of a long incoming text is kept unacknowledged for the others. They still find
        it for a minute after that.
    validity: whether `expires_at` is told to the centre; not on a clock other than the wall's.
    """

    host: str
    port: int = Field(default=3550, ge=1, le=65535)
    system_id: str = Field(max_length=15)
    password: SecretRef
    system_type: str = Field(default="", max_length=12)
    tls: Literal["implicit", "none"] = "implicit"
    ca_file: Path | None = None
    bind: Literal["pair", "transceiver"] = "pair"
    sender: str
    default_alphabet: Alphabet = "gsm"
    long_texts: Literal["udh8", "udh16", "payload"] = "udh8"
    receipt_id: ReceiptId = "same"
    window: int = Field(default=20, ge=1, le=1000)
    timeout: timedelta = timedelta(seconds=15)
    patience: timedelta = timedelta(seconds=25)
    enquire_link: timedelta = timedelta(seconds=30)
    parts_wait: timedelta = timedelta(seconds=3)
    validity: bool = False

    @field_validator("system_id", "system_type")
    @classmethod
    def _is_ascii(cls, value: str) -> str:
        if not value.isascii() or not value.isprintable():
            message = "must be printable ASCII"
            raise ValueError(message)
        return value

    @property
    def sender_is_number(self) -> bool:
        """A phone can write back to a number, and to nothing else."""
        return self.sender.removeprefix("+").isdigit()

    @field_validator("sender")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if not _SENDER.fullmatch(value):
            message = "must be a number or up to eleven letters"
            raise ValueError(message)
        return value


def silence(settings: SmsSmppSettings) -> timedelta:
    """How long a send waits for a centre that throttles and then does not answer."""
    return settings.patience + settings.timeout
