"""What of a MIS could not be read: kept, holding its patients, until it reads or a later version comes."""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from typing import TYPE_CHECKING

from nextvisit.intake.wire import MisDoor, MisResource
from nextvisit.sdk.records import Change, Oddity, Unreadable
from nextvisit.store.people import holds, patients
from nextvisit.store.people.holds import Unread
from nextvisit.store.people.known import versions_of
from nextvisit.store.people.versions import Version, outdated, place, same, version_of
from nextvisit.store.queues import inbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nextvisit.sdk.records import MisEvent, MisRef
    from nextvisit.store.base.engine import Tx


async def keep_unreadable(
    tx: Tx, source: str, thing: Unreadable, door: MisDoor, *, place: tuple[int, int]
) -> None:
    """In the inbox, once a version. place: the inbox row that it came in, and its number there.

    The thing alone, where the adapter cut it out; the others point to the row that they came in, which stays.
    Of somebody who was erased nothing is kept.
    """
    if await patients.any_erased(tx, source, (thing.ref, thing.patient)):
        return
    # What the parser of a call reads is a call, and a thing that was cut out is none.
    alone = None if door == "mis_webhook" else thing.alone
    resource = MisResource(
        ref=thing.ref,
        page="" if alone is None else base64.b64encode(alone).decode(),
        door=door,
        row=place[0] if alone is None else None,
        version=thing.version,
        updated_at=thing.updated_at,
        patient=thing.patient,
        reason=thing.reason,
        identifiers=thing.identifiers,
        holds=thing.holds,
    )
    await inbox.put(
        tx,
        kind="mis_resource",
        origin=source,
        dedupe=_once(thing, alone, place),
        body=resource.model_dump_json().encode(),
        about=thing.ref,
        within=resource.row,
    )


async def raw_of(tx: Tx, resource: MisResource) -> bytes | None:
    """What the adapter reads again; None when it does not open any more."""
    if resource.row is None:
        return base64.b64decode(resource.page)
    return await inbox.body_of(tx, resource.row)


async def outlived(tx: Tx, source: str, resource: MisResource) -> bool:
    """Whether this version, or a later one, was read by now."""
    if resource.ref is None:
        return False
    known = (await versions_of(tx, source, [resource.ref])).get(resource.ref)
    return known is not None and outdated(_version(tx, resource), known)


async def settle_unreadable(
    tx: Tx, source: str, things: Sequence[MisEvent], gone: Sequence[MisRef]
) -> Sequence[MisResource]:
    """What came is about to be written: what it outlives waits no more and holds nobody.

    Returns what waits on: it may be about a patient whom nobody knew when it came.
    """
    read = [(each.ref, _version(tx, each)) for each in things if isinstance(each, Change)]
    read += [(ref, Version("", tx.now)) for ref in _passed_over(things)]
    await holds.end(tx, source, read)
    await holds.end_gone(tx, source, gone)
    unread = [
        (each.ref, _version(tx, each))
        for each in things
        if isinstance(each, Unreadable) and each.ref is not None
    ]
    refs = {ref for ref, _ in (*read, *unread)} | set(gone)
    waiting = [
        (row, MisResource.model_validate_json(body))
        for row, body in await inbox.waiting_about(tx, source, sorted(refs))
    ]
    known = await versions_of(tx, source, {each.ref for _, each in waiting if each.ref is not None})
    over = {
        row
        for row, each in waiting
        if each.ref is not None
        and (
            each.ref in gone
            or _is_over(_version(tx, each), _of(read, each.ref), _of(unread, each.ref), known.get(each.ref))
        )
    }
    if over:
        await inbox.supersede(tx, list(over))
    return [each for row, each in waiting if row not in over]


async def hold(tx: Tx, source: str, things: Sequence[Unreadable | MisResource]) -> None:
    """Nobody writes to the patients whom these are about."""
    unread = [
        Unread(each.ref, each.patient, each.reason, _version(tx, each), each.identifiers)
        for each in things
        if each.ref is not None and each.holds
    ]
    if unread:
        await holds.put(tx, source, unread)


async def free(tx: Tx, source: str, resource: MisResource) -> None:
    """It reads now, if only as none of ours, and holds nobody."""
    if resource.ref is not None:
        await holds.end(tx, source, [(resource.ref, _version(tx, resource))])


def _passed_over(things: Sequence[MisEvent]) -> set[MisRef]:
    """What was read as none of ours: nothing is said of it but that. It is so as of now."""
    odd = {each.ref for each in things if isinstance(each, Oddity) and each.ref is not None}
    return odd - {each.ref for each in things if isinstance(each, Change | Unreadable)}


def _once(thing: Unreadable, alone: bytes | None, place: tuple[int, int]) -> str:
    content = "" if alone is None else hashlib.sha256(alone).hexdigest()
    if thing.ref is not None and thing.version:
        return f"{thing.ref}\0{thing.version}\0{thing.updated_at}"
    if content:
        return f"{thing.ref}\0\0{content}"
    return f"{place[0]}:{place[1]}"


def _version(tx: Tx, thing: Change | Unreadable | MisResource) -> Version:
    return version_of(thing.version, thing.updated_at, tx.now)


def _of(came: Sequence[tuple[MisRef, Version]], ref: MisRef) -> list[Version]:
    return [version for each, version in came if each == ref]


def _is_over(
    waiting: Version, read: Sequence[Version], unread: Sequence[Version], known: Version | None
) -> bool:
    news = [each for each in read if known is None or not outdated(each, known)]
    return any(map(partial(_outlives, waiting), (*news, *unread))) or any(
        same(each, waiting) for each in read
    )


def _outlives(waiting: Version, came: Version) -> bool:
    """When one without a date came, nobody knows here."""
    order = place(came, waiting)
    return order == "later" or (order == "unsure" and waiting.ahead)
