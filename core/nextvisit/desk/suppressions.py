"""Silence that somebody asked for: put, listed and lifted by a person, and said on the phone. Audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from nextvisit.desk import typed_addresses
from nextvisit.domain.connections import Connections
from nextvisit.domain.consent import ConsentRules, Standing, standing
from nextvisit.intake.opt_out import INVITING, Refusal, opt_out, refuse
from nextvisit.sdk.addresses import EMAIL, PHONE, AddressSpace
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import SuppressionId
from nextvisit.store.journeys import journeys
from nextvisit.store.people import consents, patients, suppressions
from nextvisit.store.people.identity import ContactDigest, PatientId
from nextvisit.store.people.suppressions import Ban, Kept


@dataclass(frozen=True, slots=True, repr=False)
class Whom:
    """A patient, by id, or an address, in any writing; one of the three. `repr` shows nothing."""

    patient: UUID | None = None
    phone: str | None = None
    email: str | None = None

    def __repr__(self) -> str:
        return "Whom()"


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What somebody asks for. purposes, channels: empty means all. until: None means for good.

    reason: in words; kept sealed. `repr` shows nothing.
    """

    kind: Literal["staff", "legal", "clinical"]
    reason: str
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[ChannelKind, ...] = ()
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"Asked({self.kind!r})"


@dataclass(frozen=True, slots=True)
class ShownBan:
    """A ban, and why it was put and lifted, as somebody said it."""

    ban: Kept
    reason: str | None
    lift_reason: str | None


async def add(
    database: Database, whom: Whom, asked: Asked, country: str, by: str, *, connections: Connections
) -> SuppressionId:
    """From now on.

    Raises ConfigError for what is no address and no kind of channel that the site has, without words, for a
    time that is over, and when there is no such patient.
    """
    for kind in asked.channels:
        _space(connections, kind)
    reason = _said(asked.reason, "--reason")
    ban = Ban(asked.kind, consents.BY_STAFF, asked.purposes, asked.channels, asked.until, reason)
    async with database.transaction(actor=by) as tx:
        if asked.until is not None and asked.until <= tx.now:
            message = "is over already; name a day to come, or leave it out for good"
            raise ConfigError("suppression.until", message, place="--until")
        return await suppressions.put(tx, await _target(tx, whom, country), ban)


async def listing(
    database: Database, whom: Whom | None, country: str, *, lifted: bool, limit: int
) -> Sequence[Kept]:
    """Of everybody, or of one patient with the addresses of theirs, or of one address; without the words."""
    async with database.transaction() as tx:
        of: list[PatientId | ContactDigest] | None = None
        if whom is not None:
            of = [await _target(tx, whom, country)]
            if whom.patient is not None:
                of += await patients.addresses_of(tx, PatientId(whom.patient))
        return await suppressions.listing(tx, of=of, lifted=lifted, limit=limit)


async def show(database: Database, number: UUID, by: str) -> ShownBan:
    """With the words; the look is audited. Raises ConfigError when there is no such ban."""
    async with database.transaction(actor=by) as tx:
        found = await suppressions.get(tx, SuppressionId(number))
        if found is None:
            raise _unknown(number)
        return ShownBan(found, *await suppressions.words(tx, found.id))


async def lift(database: Database, number: UUID, reason: str, by: str) -> bool:
    """No longer. False when it was lifted before.

    Raises ConfigError without words, and when there is no such ban.
    """
    said = _said(reason, "--reason")
    async with database.transaction(actor=by) as tx:
        if await suppressions.get(tx, SuppressionId(number)) is None:
            raise _unknown(number)
        return await suppressions.lift(tx, SuppressionId(number), reason=said)


@dataclass(frozen=True, slots=True)
class Stopped:
    """journeys: how many end. before: the patient had wanted no more of anything already, nor have we."""

    journeys: int
    before: bool


async def stop(database: Database, patient: UUID, by: str, *, legal: str | None) -> Stopped:
    """What a patient who phones and says "do not contact me" is owed.

    As a STOP from each of their addresses; said again, it is kept again. legal: why nothing at all may be
    sent, visits included. Raises ConfigError without words, and when there is no such patient.
    """
    why = None if legal is None else _said(legal, "--legal")
    async with database.transaction(actor=by) as tx:
        who = await _known(tx, patient)
        ending = await journeys.open_of_patient(tx, who)
        before = await _stopped(tx, who)
        addresses = await patients.addresses_of(tx, who)
        await opt_out(tx, who, addresses=addresses, origin=consents.BY_STAFF, origin_ref=str(uuid4()))
        if why is not None:
            await suppressions.put(tx, who, Ban("legal", consents.BY_STAFF, reason=why))
        return Stopped(len(ending), before)


async def _stopped(tx: Tx, patient: PatientId) -> bool:
    """Whether every invitation is refused wherever it would go."""
    said = await consents.events(tx, patient)
    rules = ConsentRules(frozenset(), timedelta())
    return all(standing(said, purpose, None, tx.now, rules) is Standing.DENIED for purpose in INVITING)


async def withdraw(
    database: Database,
    patient: UUID,
    by: str,
    *,
    purposes: Sequence[Purpose],
    channels: Sequence[ChannelKind],
    connections: Connections,
) -> None:
    """The patient wants no more of these; none named: all that invites, on all channels.

    Raises ConfigError for a kind of channel that the site has not, and when there is no such patient.
    """
    spaces = [_space(connections, kind) for kind in channels]
    async with database.transaction(actor=by) as tx:
        who = await _known(tx, patient)
        addresses = [each for each in await patients.addresses_of(tx, who) if not spaces or each[0] in spaces]
        said = Refusal(
            purposes or INVITING, consents.BY_STAFF, str(uuid4()), spaces=spaces, addresses=addresses
        )
        await refuse(tx, who, said)


def _space(connections: Connections, kind: ChannelKind) -> AddressSpace:
    addresses = connections.addresses_of(kind)
    if addresses is None:
        there = ", ".join(connections.kinds)
        raise ConfigError("consent.channel", f"is no channel of this site, which has {there}", place=kind)
    return addresses.space


def _said(words: str, option: str) -> str:
    if not words.strip():
        raise ConfigError("suppression.reason", "say in words why; whoever looks later asks", place=option)
    return words


def _unknown(number: UUID) -> ConfigError:
    return ConfigError("suppression.unknown", "there is no such suppression", place=str(number))


async def _known(tx: Tx, patient: UUID) -> PatientId:
    if not await patients.is_known(tx, PatientId(patient)):
        raise ConfigError("patient.unknown", "there is no such patient", place=str(patient))
    return PatientId(patient)


async def _target(tx: Tx, whom: Whom, country: str) -> PatientId | ContactDigest:
    if whom.phone is not None:
        return patients.address(tx, PHONE.space, typed_addresses.phone(whom.phone, country))
    if whom.email is not None:
        return patients.address(tx, EMAIL.space, typed_addresses.email(whom.email, country))
    if whom.patient is None:
        raise ConfigError("suppression.whom", "name a patient, a phone number or a mailbox", place="whom")
    return await _known(tx, whom.patient)
