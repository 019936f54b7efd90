"""What sessions of ours begin with because a role or the database was given it (`ALTER ROLE … SET`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from nextvisit.store.base.engine import Tx


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Their names. role, database: for whose sessions, and in which; None: all of them."""

    role: str | None
    database: str | None
    names: Sequence[str]


async def given(tx: Tx) -> Sequence[SessionSettings]:
    """For our role, the owner's, or everybody in this database."""
    statement = text(
        """
        SELECT rolname AS role, datname AS database,
            ARRAY(SELECT split_part(each, '=', 1) FROM unnest(setconfig) AS each ORDER BY 1) AS names
        FROM pg_db_role_setting
        LEFT JOIN pg_roles ON pg_roles.oid = setrole LEFT JOIN pg_database ON pg_database.oid = setdatabase
        WHERE (setdatabase = 0 OR datname = current_database()) AND (
            setrole = 0 OR rolname = current_user
            OR setrole = (SELECT datdba FROM pg_database WHERE datname = current_database())
        )
        ORDER BY role, database
        """
    )
    return [SessionSettings(**row) for row in (await tx.connection.execute(statement)).mappings()]
