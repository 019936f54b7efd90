"""A driver's error as one of our kinds, without the details that may hold a patient's data."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from nextvisit.sdk.errors import Bug, NextVisitError, RetryLater

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOST_RACE = frozenset({"40001", "40P01", "55P03"})
_UNAVAILABLE_CLASSES = frozenset({"08", "53", "57", "58"})
_READ_ONLY = "25006"  # connected to a standby during a failover
_INTEGRITY_CLASS = "23"


def fault_of(error: DBAPIError | PoolTimeoutError) -> NextVisitError:
    """What to do about a driver's error; its text is dropped."""
    if isinstance(error, PoolTimeoutError):
        return RetryLater("store.busy", "all connections of the pool are in use")
    cause = error.orig
    if not isinstance(cause, psycopg.Error):
        return Bug("store.driver", type(cause).__name__)
    return fault_of_driver(cause, broken=error.connection_invalidated)


def fault_of_driver(cause: psycopg.Error, *, broken: bool = False) -> NextVisitError:
    """As `fault_of`, for an error straight from psycopg."""
    state = cause.sqlstate
    if state is None:
        if broken or isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
            return RetryLater("store.unavailable", "the database does not answer")
        return Bug("store.driver", type(cause).__name__)
    if state in _LOST_RACE:
        return RetryLater("store.contended", f"sqlstate {state}")
    if state[:2] in _UNAVAILABLE_CLASSES or state == _READ_ONLY:
        return RetryLater("store.unavailable", f"sqlstate {state}")
    if state[:2] == _INTEGRITY_CLASS:
        return Bug("store.integrity", f"sqlstate {state}, constraint {cause.diag.constraint_name}")
    return Bug("store.sql", f"sqlstate {state}")
