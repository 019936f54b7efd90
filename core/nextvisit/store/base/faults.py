"""A driver's error as one of our kinds, without the details that may hold a patient's data."""

from __future__ import annotations

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from nextvisit.sdk.errors import Bug, ConfigError, NextVisitError, RetryLater

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOST_RACE = frozenset({"40001", "40P01", "55P03"})
_UNAVAILABLE_CLASSES = frozenset({"08", "53", "57", "58"})
_DISK_FULL = "53100"
_READ_ONLY = "25006"  # connected to a standby during a failover
_INTEGRITY_CLASS = "23"
_SCHEMES = frozenset({"postgresql", "postgres"})
# A role can be given these for all its later sessions, and evidence leans on them: who asks for one has it.
_PINNED = (
    "-c synchronous_commit=on -c default_transaction_read_only=off"
    " -c default_transaction_isolation=read\\ committed -c search_path=public,pg_temp"
)
_CLOSED = "This connection is closed"
"""What the pool says when a server has closed all connections that it tried, one after another."""
_BROKEN_OFF = ("closed the connection", "could not receive", "could not send", "timeout")
"""The driver's words, which are always English, for a server that ended the talk without an answer."""


def url_of(dsn: str, place: str) -> URL:
    """As the driver takes it; what evidence leans on is asked for, whatever the role was given.

    place: where it comes from. Raises ConfigError, which does not repeat it.
    """
    try:
        url = make_url(dsn)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in _SCHEMES:
        message = "what it refers to is no connection such as postgresql://user:password@host:5432/name"
        raise ConfigError("store.dsn", message, place=place)
    options = " ".join([*url.normalized_query.get("options", ()), _PINNED])
    return url.set(drivername="postgresql+psycopg").update_query_dict({"options": options})


def fault_at_opening(error: DBAPIError, asked: URL, place: str) -> NextVisitError:
    """As `fault_of`, before anything has worked: whoever is refused then is set up wrongly."""
    if not isinstance(error.orig, psycopg.OperationalError) or not _is_refused(error.orig):
        return fault_of(error, asked)
    message = (
        f"{_server(asked)} does not let {asked.username} into {asked.database}:"
        " the login, its password or the name of the database is wrong"
    )
    return ConfigError("store.refused", message, place=place)


def fault_of(error: DBAPIError | PoolTimeoutError | InvalidRequestError, asked: URL) -> NextVisitError:
    """What to do about a driver's error; its text is dropped. asked: which server met it."""
    if isinstance(error, PoolTimeoutError):
        return RetryLater("store.busy", "all connections of the pool are in use")
    if isinstance(error, InvalidRequestError):
        if isinstance(error, PendingRollbackError) or str(error) == _CLOSED:
            return RetryLater("store.unavailable", f"{_server(asked)} closes each connection")
        return Bug("store.misused", type(error).__name__)
    cause = error.orig
    if not isinstance(cause, psycopg.Error):
        return Bug("store.driver", type(cause).__name__)
    return fault_of_driver(cause, _server(asked), broken=error.connection_invalidated)


def _server(asked: URL) -> str:
    return f"PostgreSQL at {asked.host}:{asked.port or 5432}"


def fault_of_driver(cause: psycopg.Error, server: str, *, broken: bool = False) -> NextVisitError:
    """As `fault_of`, of the driver's own. server: as it is called. broken: the connection is known to be."""
    state = cause.sqlstate
    if state is None:
        if broken or isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
            return RetryLater("store.unavailable", f"{server} does not answer")
        return Bug("store.driver", type(cause).__name__)
    if state in _LOST_RACE:
        return RetryLater("store.contended", f"sqlstate {state}")
    if state == _DISK_FULL:
        return RetryLater("store.unavailable", f"the disk of {server} is full")
    if state[:2] in _UNAVAILABLE_CLASSES or state == _READ_ONLY:
        return RetryLater("store.unavailable", f"{server}: sqlstate {state}")
    if state[:2] == _INTEGRITY_CLASS:
        return Bug("store.integrity", f"sqlstate {state}, constraint {cause.diag.constraint_name}")
    return Bug("store.sql", f"sqlstate {state}")


def _is_refused(cause: psycopg.Error) -> bool:
    """The server asked for a password and would not have us; no sqlstate says so of a failed connection."""
    said, connection = str(cause), cause.pgconn
    if cause.sqlstate is not None or connection is None or not said.startswith("connection failed"):
        return False
    asked = connection.used_password or connection.needs_password
    return asked and not any(words in said for words in _BROKEN_OFF)
