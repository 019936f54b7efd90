"""What an operator says about one mail relay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from nextvisit.sdk.loopback import is_loopback
from nextvisit.sdk.settings import PluginSettings, SecretRef
from nextvisit_channel_email_smtp.address import is_address


class Sender(PluginSettings):
    """Who the patients see. The domain is also the one of every Message-ID."""

    name: str = ""
    address: str

    @field_validator("name")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            message = "must be one line of printable text"
            raise ValueError(message)
        return value

    @field_validator("address")
    @classmethod
    def _is_ascii_address(cls, value: str) -> str:
        if not (is_address(value) and value.isascii()):
            message = "must be an ASCII address such as desk@clinic.example"
            raise ValueError(message)
        return value

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.address.rpartition("@")[2]


class EmailSmtpSettings(PluginSettings):
    """Settings of one connection.

    tls: `starttls` (port 587), `implicit` (port 465) or `none`, the last only to this very machine.
    timeout: how long one answer is waited for, that to a mail's end among them.
    patience: how long a mail may wait for a session and take until the relay asks for it, before it is tried
        again later. With `timeout`, less than three quarters of the appliance's `attempt`, which is seen to.
    connections: how many sessions are open at most; a session carries one message at a time.
    idle: a session unused for longer is not trusted and is replaced.
    """

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    username: str | None = None
    password: SecretRef | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca_file: Path | None = None
    sender: Sender
    timeout: timedelta = timedelta(seconds=25)
    patience: timedelta = timedelta(seconds=18)
    connections: int = Field(default=4, ge=1, le=50)
    idle: timedelta = timedelta(seconds=20)

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            message = "tls: none sends patients' data in the clear; it is allowed to this machine only"
            raise ValueError(message)
        if (self.username is None) != (self.password is None):
            message = "username and password belong together"
            raise ValueError(message)
        return self


def silence(settings: EmailSmtpSettings) -> timedelta:
    """How long a send waits for a relay that takes its time and then does not say whether it took it."""
    return settings.patience + settings.timeout
