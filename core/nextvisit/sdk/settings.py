"""The base of a plugin's settings, with references to secrets instead of secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import read_private
from nextvisit.sdk.records import ServiceType, Specialty


class PluginSettings(BaseModel):
    """Settings of one connection. Unknown keys are errors; values never appear in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CatalogueSettings(PluginSettings):
    """Settings of an adapter that maps the MIS's codes by the site's catalogue.

    specialties, services: `system|code`, or the code alone where the MIS names no system → our slug. The
    appliance fills them in from the file that its settings name with `catalogue`; without one the adapter has
    what the subclass has as defaults. What is not in them is left out, and told as an `Oddity` with its code.
    """

    specialties: dict[str, Specialty] = Field(default_factory=dict)
    services: dict[str, ServiceType] = Field(default_factory=dict)


def _is_reference(value: str) -> str:
    scheme, _, rest = value.partition(":")
    if scheme not in {"file", "env"} or not rest:
        message = "must be file:/path/of/secret or env:NAME; a secret itself does not belong here"
        raise ValueError(message)
    return value


SecretRef = Annotated[str, AfterValidator(_is_reference)]
"""Where a secret is: `file:/run/secrets/smtp` or `env:SMTP_PASSWORD`."""


def reveal(reference: SecretRef) -> str:
    """The secret behind a reference, without the line end of a file.

    Raises ConfigError, also for a file that others can read or replace.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(rest)
        if value is None:
            raise ConfigError("secret.missing", "this environment variable is not set", place=reference)
        return value
    try:
        return read_private(Path(rest)).decode("utf-8").rstrip("\r\n")
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise ConfigError("secret.unreadable", why, place=reference) from error
    except UnicodeDecodeError:
        # Its own words would quote what was read.
        raise ConfigError("secret.no_text", "is no UTF-8 text", place=reference) from None
    except ConfigError as error:
        raise ConfigError(error.code, error.why, place=reference) from None
