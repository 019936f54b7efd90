"""A driver's error as one of our kinds, without the details that may hold a patient's data."""

from __future__ import annotations

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from nextvisit.sdk.errors import Bug, NextVisitError, RetryLater

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOST_RACE = frozenset({"40001", "40P01", "55P03"})
_UNAVAILABLE_CLASSES = frozenset({"08", "53", "57", "58"})
_DISK_FULL = "53100"
_READ_ONLY = "25006"  # connected to a standby during a failover
_INTEGRITY_CLASS = "23"


def fault_of(error: DBAPIError | PoolTimeoutError, asked: URL) -> NextVisitError:
    """What to do about a driver's error; its text is dropped. asked: which server met it."""
    if isinstance(error, PoolTimeoutError):
        return RetryLater("store.busy", "all connections of the pool are in use")
    cause = error.orig
    if not isinstance(cause, psycopg.Error):
        return Bug("store.driver", type(cause).__name__)
    server = f"PostgreSQL at {asked.host}:{asked.port or 5432}"
    return _of_driver(cause, server, broken=error.connection_invalidated)


def _of_driver(cause: psycopg.Error, server: str, *, broken: bool) -> NextVisitError:
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
