"""What somebody does who has the database itself: a superuser who knows the triggers."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from tests.postgres import DatabaseUrls


def tamper(urls: DatabaseUrls, table: str, *statements: str, **values: Any) -> int:
    """Run these with the triggers of the table and of the chains' ends off; returns how many rows the last one changed."""
    switched = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
    with psycopg.connect(urls.superuser) as connection:
        for each in (table, "audit_head"):
            connection.execute(switched.format(sql.Identifier(each), sql.SQL("DISABLE")))
        changed = 0
        for statement in statements:
            changed = connection.execute(statement.encode(), values or None).rowcount
        for each in (table, "audit_head"):
            connection.execute(switched.format(sql.Identifier(each), sql.SQL("ENABLE")))
    return changed
