"""Numbers and mailboxes as staff types them."""

from __future__ import annotations

from nextvisit.sdk.addresses import EMAIL, PHONE
from nextvisit.sdk.errors import ConfigError


def phone(written: str, country: str) -> str:
    """In its one spelling; without its country's code it is one of `country`. Raises ConfigError."""
    usable = PHONE.normalise(written, country)
    if usable is None:
        raise ConfigError("patient.phone", "is no phone number", place="phone")
    return usable.value


def email(written: str, country: str) -> str:
    """In its one spelling. Raises ConfigError."""
    usable = EMAIL.normalise(written, country)
    if usable is None:
        raise ConfigError("patient.email", "is no e-mail address", place="email")
    return usable.value
