"""The database's connections, by the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict

from nextvisit.install.embedded import secret_file
from nextvisit.install.settings import DatabaseSettings, revealed
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.loopback import is_loopback
from nextvisit.sdk.settings import SecretRef

_PROVEN = "verify-full"
_NEEDED = frozenset(
    {
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "password",
        "require_auth",
        "requirepeer",
        "channel_binding",
    }
    | {"sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "ssl_min_protocol_version"}
    | {"connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"}
    | {"tcp_user_timeout", "target_session_attrs", "application_name", "gssencmode", "client_encoding"}
)
"""Of libpq's parameters (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS)."""


def dsn_of(settings: DatabaseSettings, whose: Literal["app", "owner"]) -> str:
    """The connection that `database.app` or `database.owner` refers to.

    Raises ConfigError when nothing is there, when it says what no connection of ours needs, or when it leads
    to another machine without a proof of who answers and the settings do not say that this is meant
    (https://www.postgresql.org/docs/current/libpq-ssl.html). For root also when it is not root's own.
    """
    place = f"database.{whose}"
    reference = settings.app if whose == "app" else settings.owner
    if reference is None:
        raise ConfigError("database.missing", "is needed here and not set", place=place)
    dsn = revealed(reference, place)
    _refuse_strangers(reference, place)
    known = _known(dsn)
    _refuse_unneeded(known, place)
    if settings.tls != "none" and not _is_safe(known):
        message = (
            "leads to another machine, and patients' data would go there in the clear or to whoever answers:"
            f" add `sslmode={_PROVEN}` and `sslrootcert=FILE` to the connection, or say `database.tls: none`"
        )
        raise ConfigError("database.tls", message, place=place)
    return dsn


def _known(dsn: str) -> Mapping[str, str]:
    try:
        return {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    except psycopg.ProgrammingError:
        return {}  # no connection at all, which whoever opens it says better


def _refuse_strangers(reference: SecretRef, place: str) -> None:
    """What libpq does for a connection, it does as root."""
    file = secret_file(reference)
    if os.geteuid() == 0 and file is not None and (owner := file.stat().st_uid) != 0:
        message = f"is user {owner}'s, and root connects by nothing that others wrote; run it as that user"
        raise ConfigError("database.strangers", message, place=f"{place}: {file}")


def _refuse_unneeded(known: Mapping[str, str], place: str) -> None:
    """libpq also reads files that a connection names, and loads the engine that a key is said to be of."""
    if others := sorted(set(known) - _NEEDED):
        message = f"says {', '.join(others)}, which no connection here needs; leave that out"
        raise ConfigError("database.connection", message, place=place)
    if ":" in known.get("sslkey", ""):
        message = "its `sslkey` names an engine of OpenSSL to be loaded; name a file"
        raise ConfigError("database.connection", message, place=place)


def _is_safe(known: Mapping[str, str]) -> bool:
    hosts = f"{known.get('hostaddr') or known.get('host') or ''}".split(",")
    return not known or known.get("sslmode") == _PROVEN or all(map(_is_here, hosts))


def _is_here(host: str) -> bool:
    """A socket is a path, and so is no host at all."""
    return not host or host.startswith("/") or is_loopback(host)
