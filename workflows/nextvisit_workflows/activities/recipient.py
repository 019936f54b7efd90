"""Who a message goes to, for the length of one attempt. Nothing of it leaves the activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog

from nextvisit.domain.contact_policy import ContactPolicy, PatientStatus, is_minor
from nextvisit.domain.site import Site
from nextvisit.domain.zones import choose_zone
from nextvisit.sdk.addresses import PHONE, Addresses, Destination
from nextvisit.store.base.engine import Tx
from nextvisit.store.people import patients, related
from nextvisit.store.people.identity import Identity
from nextvisit.store.people.patients import PatientId, RecordStatus
from nextvisit.store.people.related import Guardian
from nextvisit.store.vault.seal import DataKey

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, repr=False)
class Reader:
    """Where somebody reads a message, and in which language by preference. `repr` shows nothing.

    name: whose the address is.
    """

    destination: Destination
    language: str | None
    name: str

    def __repr__(self) -> str:
        return f"Reader({self.language!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Recipient:
    """identity and key are None when the patient was erased. `repr` shows nothing.

    guardians: who is written to instead of a minor; None for an adult.
    """

    id: PatientId
    record: RecordStatus
    birth_date: date | None
    language: str | None
    identity: Identity | None
    key: DataKey | None
    zone: ZoneInfo
    at: datetime
    guardians: tuple[Guardian, ...] | None

    def __repr__(self) -> str:
        return f"Recipient(id={self.id!r})"

    @property
    def status(self) -> PatientStatus:
        """As the gate asks for it; the gravest first."""
        record = self.record
        if record.erased:
            return "erased"
        if record.deceased:
            return "deceased"
        if record.merged:
            return "merged"
        if record.test:
            return "test"
        if record.restricted:
            return "restricted"
        return "active" if record.active else "inactive"

    def reader(self, addresses: Addresses, country: str) -> Reader | None:
        """Who reads it at the best address that such a channel can write to: the patient, or a guardian.

        country: of addresses that name none.
        """
        if self.identity is None:
            return None
        if self.guardians is None:
            known = self.identity.destinations(addresses, country, self.at)
            return next(
                (Reader(each, self.language, self.identity.name) for each in known if each.reachable), None
            )
        for guardian in self.guardians:
            language = next(iter(guardian.languages), self.language)
            for each in guardian.identity.destinations(addresses, country, self.at):
                if each.reachable:
                    return Reader(each, language, guardian.identity.name)
        return None


async def recipient_of(
    tx: Tx, patient: PatientId, site: Site, policy: ContactPolicy, *, why: str
) -> Recipient:
    """Reads the identity, and of a minor the guardians', which is an audited access."""
    known = await patients.addressee(tx, patient, why=why)
    phones = () if known.identity is None else known.identity.destinations(PHONE, site.country, tx.now)
    phone = phones[0].value if phones else None
    choice = choose_zone(patient=known.record.zone, phone=phone, clinic=site.zone.key)
    if choice.invalid is not None:
        log.warning("patient.zone_invalid", patient=str(patient))
    birth = None if known.birth_date is None else known.birth_date.isoformat()
    minor = is_minor(birth, choice.zone, policy, tx.now)
    return Recipient(
        id=patient,
        record=known.record,
        birth_date=known.birth_date,
        language=known.language,
        identity=known.identity,
        key=known.key,
        zone=choice.zone,
        at=tx.now,
        guardians=await related.guardians(tx, patient) if minor else None,
    )


def language_for(preferred: str | None, spoken: Sequence[str], site: Site) -> str:
    """The patient's language, else its base (`pt` for `pt-BR`), else the site's, by preference."""
    wanted = [preferred, preferred.partition("-")[0]] if preferred else []
    return next((each for each in (*wanted, *site.languages) if each in spoken), spoken[0])
