"""The database's connections, by the settings."""

from __future__ import annotations

from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict

from nextvisit.install.settings import DatabaseSettings, revealed
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.loopback import is_loopback

_PROVEN = "verify-full"


def dsn_of(settings: DatabaseSettings, whose: Literal["app", "owner"]) -> str:
    """The connection that `database.app` or `database.owner` refers to.

    Raises ConfigError when nothing is there, or when it leads to another machine without a proof of who
    answers and the settings do not say that this is meant
    (https://www.postgresql.org/docs/current/libpq-ssl.html).
    """
    place = f"database.{whose}"
    reference = settings.app if whose == "app" else settings.owner
    if reference is None:
        raise ConfigError("database.missing", "is needed here and not set", place=place)
    dsn = revealed(reference, place)
    if settings.tls != "none" and not _is_safe(dsn):
        message = (
            "leads to another machine, and patients' data would go there in the clear or to whoever answers:"
            f" add `sslmode={_PROVEN}` and `sslrootcert=FILE` to the connection, or say `database.tls: none`"
        )
        raise ConfigError("database.tls", message, place=place)
    return dsn


def _is_safe(dsn: str) -> bool:
    try:
        known = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return True  # no connection at all, which whoever opens it says better
    hosts = f"{known.get('hostaddr') or known.get('host') or ''}".split(",")
    return known.get("sslmode") == _PROVEN or all(map(_is_here, hosts))


def _is_here(host: str) -> bool:
    """A socket is a path, and so is no host at all."""
    return not host or host.startswith("/") or is_loopback(host)
