"""A person taken out for good: once asked for, and again in a database that was restored from before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from nextvisit.intake.opt_out import end_journeys
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.engine import Database
from nextvisit.store.base.entry import Entry
from nextvisit.store.erasure import erasures
from nextvisit.store.erasure.erasures import Erased, Unprocessed, Why
from nextvisit.store.people import patients
from nextvisit.store.people.identity import PatientId

__all__ = ["Erased", "Why", "erase", "has_begun_list", "keep_begun_list", "known", "replay"]


async def erase(
    database: Database, patient: UUID, why: Why, by: str, *, note: Callable[[Erased], None]
) -> Erased | None:
    """None when it was done before. Open journeys end.

    note: keeps it outside the database, before the commit: a backup of before would bring the person back.
    Raises ConfigError when there is no such patient, and while something that came in about them is not
    processed: it may be a refusal, which must outlive them.
    """
    who = PatientId(patient)
    async with database.transaction(actor=by) as tx:
        if not await patients.is_known(tx, who):
            raise ConfigError("patient.unknown", "there is no such patient", place=str(patient))
        await end_journeys(tx, who, "erased")
        done = await erasures.erase(tx, who, why)
        if isinstance(done, Unprocessed):
            message = (
                f"{done.count} things that came in about this patient are not processed yet, and may be a"
                " refusal; nothing was erased. Let the worker run, and repeat this"
            )
            raise ConfigError("erasure.unprocessed", message, place=str(patient))
        if done is not None:
            note(done)
        return done


async def known(database: Database) -> Sequence[Erased]:
    """Whom this database knows to have been erased."""
    async with database.transaction() as tx:
        return await erasures.known(tx)


async def has_begun_list(database: Database) -> bool:
    """Whether this installation has ever had a list of who was erased."""
    async with database.transaction() as tx:
        return await erasures.has_begun_list(tx)


async def keep_begun_list(database: Database, by: str, known: int) -> None:
    """That it has one from now on, as evidence."""
    async with database.transaction(actor=by) as tx:
        tx.audit(Entry(erasures.LIST_BEGUN, "erased_list", "erased_list", body={"known": known}))


async def replay(database: Database, noted: Iterable[Erased]) -> int:
    """Erase again whom a restored backup brought back; how many. Whoever is not there is kept out."""
    count = 0
    for each in noted:
        async with database.transaction() as tx:
            back = await erasures.again(tx, each)
            if back is None:
                continue
            await end_journeys(tx, back, "erased")
            await erasures.erase(tx, back, "request", waits=False)
            count += 1
    return count
