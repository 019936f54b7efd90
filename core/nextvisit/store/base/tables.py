"""The schema. Rows never leave this package; other modules of it return frozen dataclasses.

Facts hang on a random patient id. Whatever identifies a person or was written by one is in a
`sealed_*` column (see store.vault.seal) or, for look-ups, in a keyed digest. Instants are virtual time (the
clock's) unless the column says `wall`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _instant(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable)


def _no() -> Any:
    return Field(default=False, sa_column_kwargs={"server_default": text("false")})


def _texts() -> Any:
    return Field(default=None, sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'")))


def _serial() -> Any:
    return Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))


def _json(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(JSONB, nullable=nullable))


def table_of(row: type[SQLModel]) -> Table:
    """The Core table behind a row class, for statements without an ORM session."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


class KeyRow(SQLModel, table=True):
    """One key, wrapped by the root key. purpose: patient, index, payload, blob, audit, token, inbox, dedupe.

    state: active, retired, destroyed; each purpose has one active key (store.vault.ring). public: of the
    `inbox` key, which is a pair.
    """

    __tablename__ = "key_ring"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'retired', 'destroyed')", name="of_a_known_state"),
        Index("key_ring_active", "purpose", unique=True, postgresql_where=text("state = 'active'")),
    )
    kid: int = Field(primary_key=True)
    purpose: str
    state: str
    wrapped: bytes = Field(sa_type=LargeBinary)
    public: bytes | None = None
    created_at_wall: datetime = _instant()


class PatientRow(SQLModel, table=True):
    """Facts and the wrapped key of one patient. `ref_digest` is keyed over (source, MIS ref).

    replaced_by_digest: what the record itself says; merged_into_digest: what counts, see ReplacedRow.
    mis_updated_at: never later than when the version came; mis_ahead: it has no date of its own, or that was
    (store.people.versions).
    """

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("source", "ref_digest"),
        Index("patient_birth", "birth_date"),
        Index("patient_order", "ref_digest", "id"),
        Index(
            "patient_replaced",
            "source",
            "merged_into_digest",
            postgresql_where=text("merged_into_digest IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True)
    source: str
    ref_digest: bytes
    dek: bytes | None = None
    dek_kid: int | None = None
    birth_date: date | None = None
    sex: str = "unknown"
    language: str | None = None
    active: bool = True
    deceased: bool = False
    test: bool = _no()
    restricted: bool = _no()
    replaced_by_digest: bytes | None = None
    merged_into_digest: bytes | None = None
    erased_at: datetime | None = _instant(nullable=True)
    has_email: bool = False
    has_phone: bool = False
    zone: str | None = None
    mis_version: str = ""
    mis_updated_at: datetime = _instant()
    mis_ahead: bool = _no()
    known_since: datetime = _instant()


class ReplacedRow(SQLModel, table=True):
    """A survivor's record (`by_digest`) says that it took the place of another (`ref_digest`)."""

    __tablename__ = "replaced_record"
    source: str = Field(primary_key=True)
    by_digest: bytes = Field(primary_key=True)
    ref_digest: bytes = Field(primary_key=True, index=True)


class HoldRow(SQLModel, table=True):
    """A version of a thing that could not be read; until a later one reads, its patient is not written to.

    ref_digest: of the thing, patient_digest: of the patient that it is about. mis_updated_at: None when
    that could not be read either. reason: the adapter's code.
    """

    __tablename__ = "patient_hold"
    __table_args__ = (Index("patient_hold_patient", "source", "patient_digest"),)
    source: str = Field(primary_key=True)
    ref_digest: bytes = Field(primary_key=True)
    patient_digest: bytes = Field(primary_key=True)
    sealed_ref: bytes
    reason: str
    mis_version: str = ""
    mis_updated_at: datetime | None = _instant(nullable=True)
    since: datetime = _instant()


class RelatedPersonRow(SQLModel, table=True):
    """Somebody who belongs to a patient: name and contact points sealed (see store.people.related).

    within: it stands within the patient's record. patient_id: None while the patient has not arrived.
    """

    __tablename__ = "related_person"
    __table_args__ = (
        UniqueConstraint("source", "ref_digest"),
        Index("related_person_patient", "source", "patient_digest"),
    )
    id: UUID = Field(primary_key=True)
    source: str
    ref_digest: bytes
    patient_digest: bytes
    patient_id: UUID | None = None
    within: bool
    guardian: bool
    active: bool
    starts_at: datetime | None = _instant(nullable=True)
    ends_at: datetime | None = _instant(nullable=True)
    sealed_person: bytes
    mis_version: str = ""
    mis_updated_at: datetime = _instant()
    mis_ahead: bool = _no()


class RelatedDigestRow(SQLModel, table=True):
    """Blind index over the addresses of those who belong to patients. kind: a space of addresses.

    until: when they were last known to be reached there; for good where the MIS says that it was theirs.
    """

    __tablename__ = "related_digest"
    __table_args__ = (Index("related_digest_person", "related_id"),)
    kind: str = Field(primary_key=True)
    digest: bytes = Field(primary_key=True)
    related_id: UUID = Field(primary_key=True, foreign_key="related_person.id")
    until: datetime | None = _instant(nullable=True)


class IdentityRow(SQLModel, table=True):
    """Name, contact points, address, identifiers, MIS ref: one sealed JSON (see store.people.identity)."""

    __tablename__ = "patient_identity"
    patient_id: UUID = Field(primary_key=True, foreign_key="patient.id")
    sealed_identity: bytes


class ContactDigestRow(SQLModel, table=True):
    """Blind index over addresses and identifiers. kind: a space of addresses, or `identifier`.

    former: the MIS says that it was the patient's; a refusal from there is still theirs.
    """

    __tablename__ = "contact_digest"
    __table_args__ = (Index("contact_digest_patient", "patient_id"),)
    kind: str = Field(primary_key=True)
    digest: bytes = Field(primary_key=True)
    patient_id: UUID = Field(primary_key=True, foreign_key="patient.id")
    former: bool = _no()


class AppointmentRow(SQLModel, table=True):
    """A visit of one patient, planned or past. patient_id is null while the patient has not arrived yet.

    appointment_ref: of an encounter, the appointment that it stands for.
    visit_at, visit_specialty: when and as what the visit counts for segments; visit_at is null when it
    counts as none: a stay in hospital, or an appointment that an encounter stands for.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("source", "ref", "patient_digest"),
        Index("appointment_patient", "patient_id", "status", "visit_at"),
        Index(
            "appointment_stands_for",
            "source",
            "appointment_ref",
            postgresql_where=text("appointment_ref IS NOT NULL"),
        ),
        Index("appointment_stay", "patient_id", postgresql_where=text("stay")),
        Index("appointment_orphan", "patient_digest", postgresql_where=text("patient_id IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    source: str
    ref: str
    patient_digest: bytes
    patient_id: UUID | None = None
    status: str
    start_at: datetime | None = _instant(nullable=True)
    end_at: datetime | None = _instant(nullable=True)
    specialty: str | None = None
    practitioner_ref: str | None = None
    service_ref: str | None = None
    service_type: str | None = None
    location_ref: str | None = None
    booking: str | None = None
    stay: bool = _no()
    appointment_ref: str | None = None
    visit_at: datetime | None = _instant(nullable=True)
    visit_specialty: str | None = None
    mis_version: str = ""
    mis_updated_at: datetime = _instant()
    mis_ahead: bool = _no()


class _Detail(SQLModel):
    """What all details have that a MIS tells (store.people.detail_kinds). gone: the MIS has it no more, and
    nothing of it is kept but its name, so that no older version brings it back.
    """

    id: UUID = Field(primary_key=True)
    source: str
    ref: str
    gone: bool = _no()
    mis_version: str = ""
    mis_updated_at: datetime = _instant()
    mis_ahead: bool = _no()


class _PatientDetail(_Detail):
    """One about a patient; patient_id is null while the patient has not arrived."""

    patient_digest: bytes
    patient_id: UUID | None = None


def _of_patient(name: str) -> tuple[Any, ...]:
    return (
        UniqueConstraint("source", "ref"),
        Index(f"{name}_patient", "patient_id"),
        Index(f"{name}_orphan", "patient_digest", postgresql_where=text("patient_id IS NULL")),
    )


class PractitionerRow(_Detail, table=True):
    """Somebody who treats, or a role of theirs (role_of). The name is under the key of what is nobody's."""

    __tablename__ = "practitioner"
    __table_args__ = (UniqueConstraint("source", "ref"),)
    sealed_name: bytes | None = None
    specialties: list[str] = _texts()
    location_refs: list[str] = _texts()
    role_of: str | None = None
    active: bool | None = None


class LocationRow(_Detail, table=True):
    """A place. address: in lines, as it is written on a letter."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("source", "ref"),)
    name: str | None = None
    address: list[str] = _texts()
    part_of: str | None = None
    active: bool | None = None


class ServiceRow(_Detail, table=True):
    """An entry of the MIS's catalogue."""

    __tablename__ = "service"
    __table_args__ = (UniqueConstraint("source", "ref"),)
    name: str | None = None
    service_type: str | None = None
    specialty: str | None = None
    location_refs: list[str] = _texts()
    active: bool | None = None


class CoverageRow(_PatientDetail, table=True):
    """By what a patient's treatment is paid. unused, unit: what is left of its limit."""

    __tablename__ = "coverage"
    __table_args__ = _of_patient("coverage")
    kind: str | None = None
    plan: str | None = None
    starts_at: datetime | None = _instant(nullable=True)
    ends_at: datetime | None = _instant(nullable=True)
    unused: Decimal | None = Field(default=None, sa_type=Numeric)
    unit: str | None = None
    active: bool | None = None


class ConditionRow(_PatientDetail, table=True):
    """A diagnosis. codes: `system|code`. day: the first that its date may mean."""

    __tablename__ = "condition"
    __table_args__ = _of_patient("condition")
    codes: list[str] = _texts()
    day: date | None = None
    status: str | None = None


class ProcedureRow(_PatientDetail, table=True):
    """What was done. codes, day: as of a condition."""

    __tablename__ = "procedure"
    __table_args__ = _of_patient("procedure")
    codes: list[str] = _texts()
    day: date | None = None
    status: str | None = None
    visit_ref: str | None = None


class ResultReadyRow(_PatientDetail, table=True):
    """A result that there is, and nothing of it."""

    __tablename__ = "result_ready"
    __table_args__ = _of_patient("result_ready")
    at: datetime | None = _instant(nullable=True)
    visit_ref: str | None = None


class PaymentRow(_PatientDetail, table=True):
    """What a patient paid."""

    __tablename__ = "payment"
    __table_args__ = _of_patient("payment")
    amount: Decimal | None = Field(default=None, sa_type=Numeric)
    currency: str | None = None
    at: datetime | None = _instant(nullable=True)
    visit_ref: str | None = None


class PhoneCallRow(_Detail, table=True):
    """Somebody called. caller_digest: of the number, in the space of phone numbers; whose it is, the indexes
    over addresses say. forgotten: it was an erased patient's; what the MIS tells of it again is not taken.
    """

    __tablename__ = "phone_call"
    __table_args__ = (
        UniqueConstraint("source", "ref"),
        Index("phone_call_caller", "caller_digest", postgresql_where=text("caller_digest IS NOT NULL")),
    )
    caller_digest: bytes | None = None
    answered: bool | None = None
    at: datetime | None = _instant(nullable=True)
    line: str | None = None
    forgotten: bool = _no()


class SlotFreedRow(_Detail, table=True):
    """A time that became free."""

    __tablename__ = "slot_freed"
    __table_args__ = (UniqueConstraint("source", "ref"),)
    start_at: datetime | None = _instant(nullable=True)
    end_at: datetime | None = _instant(nullable=True)
    specialty: str | None = None
    service_type: str | None = None
    practitioner_ref: str | None = None
    location_ref: str | None = None


class KinshipRow(SQLModel, table=True):
    """Two records of one source that the MIS holds, or held, for one person.

    since: when it first said so. until: when it took that back.
    one_digest: the record that was replaced. other_digest: the one that took its place; either may be
    unknown here.
    """

    __tablename__ = "kinship"
    __table_args__ = (Index("kinship_other", "source", "other_digest"),)
    source: str = Field(primary_key=True)
    one_digest: bytes = Field(primary_key=True)
    other_digest: bytes = Field(primary_key=True)
    since: datetime = _instant()
    until: datetime | None = _instant(nullable=True)


class PersonalNumberRow(SQLModel, table=True):
    """An identifier that a record bears, or bore; who bears the same one is the same person.

    digest: of the identifier alone, or, with_birth, together with the date of birth. until: when the MIS took
    it back.
    """

    __tablename__ = "personal_number"
    __table_args__ = (Index("personal_number_record", "source", "ref_digest"),)
    digest: bytes = Field(primary_key=True)
    source: str = Field(primary_key=True)
    ref_digest: bytes = Field(primary_key=True)
    with_birth: bool
    until: datetime | None = _instant(nullable=True)


class ConsentEventRow(SQLModel, table=True):
    """Append-only. decision: permit, deny, withdraw.

    origin: mis:<connection>, reply, page, unsubscribe, staff.
    channels, spaces: the kinds of channel and the spaces of addresses that it is about; of neither: of all.
    address_digest: where a refusal came from; it holds for everybody who is known there. patient_id is null
        when nobody was. dated: whether `at` is the instant of the decision, and not of our hearing of it.
    starts_at: a permit counts from then on.
    taken_down_by: the member of staff to whom the patient said it.
    """

    __tablename__ = "consent_event"
    __table_args__ = (
        UniqueConstraint(
            "origin",
            "origin_ref",
            "origin_version",
            "origin_updated_at",
            postgresql_nulls_not_distinct=True,
        ),
        Index("consent_event_patient", "patient_id"),
        Index("consent_event_orphan", "patient_digest", postgresql_where=text("patient_id IS NULL")),
        Index("consent_event_address", "address_digest", postgresql_where=text("address_digest IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    patient_digest: bytes | None = None
    patient_id: UUID | None = None
    address_digest: bytes | None = None
    decision: str
    purposes: list[str] = _texts()
    channels: list[str] = _texts()
    spaces: list[str] = _texts()
    at: datetime = _instant()
    dated: bool = True
    starts_at: datetime | None = _instant(nullable=True)
    expires_at: datetime | None = _instant(nullable=True)
    active: bool = True
    origin: str
    origin_ref: str
    origin_version: str = ""
    origin_updated_at: datetime | None = _instant(nullable=True)
    recorded_at: datetime = _instant()
    taken_down_by: str | None = None


class SuppressionRow(SQLModel, table=True):
    """A ban on writing to a patient or to an address, until it is lifted or `until` has come.

    kind: clinical, legal, staff, address. space, address_digest: the address, if it is about one.
    purposes, channels: what it is about; empty: all. code: the evidence, as `rejected.smtp.550`.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        CheckConstraint("(patient_id IS NULL) <> (address_digest IS NULL)", name="of_one"),
        Index("suppression_patient", "patient_id", postgresql_where=text("lifted_at IS NULL")),
        Index("suppression_address", "address_digest", postgresql_where=text("lifted_at IS NULL")),
        Index(
            "suppression_dead_address",
            "space",
            "address_digest",
            unique=True,
            postgresql_where=text("lifted_at IS NULL AND kind = 'address'"),
        ),
    )
    id: UUID = Field(primary_key=True)
    kind: str
    patient_id: UUID | None = Field(default=None, foreign_key="patient.id")
    space: str | None = None
    address_digest: bytes | None = None
    purposes: list[str] = _texts()
    channels: list[str] = _texts()
    since: datetime = _instant()
    until: datetime | None = _instant(nullable=True)
    code: str
    sealed_reason: bytes | None = None
    put_by: str
    lifted_at: datetime | None = _instant(nullable=True)
    lifted_by: str | None = None
    sealed_lift_reason: bytes | None = None


class MisConnectionRow(SQLModel, table=True):
    """Where the pull from one MIS connection stands.

    pull_asked_at: when the MIS hinted at something new; None once a pull has begun since.
    first_ok_at, last_ok_at: when it first and last gave what was asked of it.
    newest_at, ahead_at: by the MIS's clock, the newest change that was read, and the newest that is dated
    beyond that clock. compared_at: when it was last compared with what the MIS lists; differing, gone: what
    that found to be new or other there, and to be there no more. listing_lost: so much was missing that the
    listing was not believed. looked_up, unanswered: what became of it. compare_error: why the last
    comparison came to no end.
    """

    __tablename__ = "mis_connection"
    source: str = Field(primary_key=True)
    cursor: str | None = None
    pull_asked_at: datetime | None = _instant(nullable=True)
    pages: int = 0
    resources: int = 0
    first_ok_at: datetime | None = _instant(nullable=True)
    last_ok_at: datetime | None = _instant(nullable=True)
    last_error: str | None = None
    last_error_at: datetime | None = _instant(nullable=True)
    newest_at: datetime | None = _instant(nullable=True)
    ahead_at: datetime | None = _instant(nullable=True)
    compared_at: datetime | None = _instant(nullable=True)
    differing: int | None = None
    gone: int | None = None
    listing_lost: bool | None = None
    looked_up: int | None = None
    unanswered: int | None = None
    compare_error: str | None = None


class LookedUpRow(SQLModel, table=True):
    """A version of a thing that was looked up because nothing here was of it; it is not looked up again."""

    __tablename__ = "mis_looked_up"
    source: str = Field(primary_key=True)
    ref_digest: bytes = Field(primary_key=True)
    version: str
    updated_at: datetime | None = _instant(nullable=True)


class PaceRow(SQLModel, table=True):
    """From when on a connection may be asked next, by the database's clock."""

    __tablename__ = "mis_pace"
    source: str = Field(primary_key=True)
    next_at: datetime = _instant()


class OddityRow(SQLModel, table=True):
    """How often something was left out of a connection's records on one day (UTC), by kind, for nobody.

    code: the adapter's; behind a blank, the word of the MIS that nobody has mapped.
    """

    __tablename__ = "mis_oddity"
    source: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)
    last_at: datetime = _instant()


class InboxRow(SQLModel, table=True):
    """What came in, raw and sealed. state: new, done, parked.

    kind: mis_page, which was pulled; mis_look_up, which was asked for by name; mis_inbound and mis_webhook,
    which came unasked; mis_resource, one thing of these that could not be read; mis_news, what such a thing
    means for a journey whose campaign could not be read; channel; webhook; page_answer.
    origin: the connection's slug, or the page. dedupe is unique per (kind, origin).
    about: digest of the thing that a mis_resource is a version of. within: the row that it stands in, whose
    body it needs.
    sealed_body: to the intake, which alone opens it; once it is processed, under the key of `patient_id`, if
    it is about one patient; None once it was removed.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("kind", "origin", "dedupe"),
        Index("inbox_new", "id", postgresql_where=text("state = 'new'")),
        Index("inbox_parked", "id", postgresql_where=text("state = 'parked'")),
        Index("inbox_about", "about", postgresql_where=text("about IS NOT NULL AND state <> 'done'")),
        Index("inbox_within", "within", postgresql_where=text("within IS NOT NULL AND state <> 'done'")),
        Index(
            "inbox_kept",
            "done_at",
            postgresql_where=text("state = 'done' AND patient_id IS NULL AND sealed_body IS NOT NULL"),
        ),
        Index("inbox_patient", "patient_id", postgresql_where=text("patient_id IS NOT NULL")),
    )
    id: int = _serial()
    kind: str
    origin: str
    dedupe: str
    about: bytes | None = None
    within: int | None = Field(default=None, sa_type=BigInteger)
    patient_id: UUID | None = None
    sealed_body: bytes | None = None
    count: int = 1
    state: str = "new"
    reason: str | None = None
    attempts: int = 0
    retry_at_wall: datetime | None = _instant(nullable=True)
    received_at: datetime = _instant()
    done_at: datetime | None = _instant(nullable=True)


class OutboxRow(SQLModel, table=True):
    """What Temporal is to be told, in order per key. kind: start_journey, signal_journey, pull_mis."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_open", "id", postgresql_where=text("done_at IS NULL")),
        Index("outbox_open_key", "key", "id", postgresql_where=text("done_at IS NULL")),
    )
    id: int = _serial()
    kind: str
    key: str
    payload: dict[str, Any] = _json()
    created_at: datetime = _instant()
    done_at: datetime | None = _instant(nullable=True)
    attempts: int = 0


class CampaignRow(SQLModel, table=True):
    """state: draft, running, paused, stopped. The gate reads it before every send.

    fault_code, fault_place, fault_at: why the appliance paused it; None when a person did.
    """

    __tablename__ = "campaign"
    campaign: str = Field(primary_key=True)
    state: str = "draft"
    active_version: str | None = None
    updated_at: datetime = _instant()
    fault_code: str | None = None
    fault_place: str | None = None
    fault_at: datetime | None = _instant(nullable=True)


class CampaignVersionRow(SQLModel, table=True):
    """Immutable. `files` is {relative path: text}; version is the hash over them."""

    __tablename__ = "campaign_version"
    __table_args__ = (
        CheckConstraint(
            "split_part(approved_by, ' [', 1) <> split_part(applied_by, ' [', 1)", name="four_eyes"
        ),
    )
    campaign: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    files: dict[str, str] = _json()
    purpose: str
    applied_by: str
    applied_at: datetime = _instant()
    approved_by: str | None = None
    approved_at: datetime | None = _instant(nullable=True)
    audience_at_approval: int | None = None


class FiringRow(SQLModel, table=True):
    """One firing of a campaign's schedule; makes a repeated firing harmless.

    audience: how many the segment held. fresh: how many of them were not enrolled lately. standing: how many
    of them were in the campaign at the end, or kept back, by reason.
    """

    __tablename__ = "campaign_firing"
    campaign: str = Field(primary_key=True)
    due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    version: str
    audience: int
    fresh: int
    contacted: int
    held_out: int
    over_pace: int
    standing: dict[str, int] = _json()


class EnrolmentRow(SQLModel, table=True):
    """arm: contacted, holdout. state: pending (outbox will start it), started, held (holdout). seq orders.

    due_at: the firing that enrolled it.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("campaign", "patient_id", "occurrence"),
        Index("enrolment_patient", "patient_id"),
        Index("enrolment_pending", "seq", postgresql_where=text("state = 'pending'")),
    )
    id: UUID = Field(primary_key=True)
    seq: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    campaign: str
    version: str
    patient_id: UUID = Field(foreign_key="patient.id")
    occurrence: int
    arm: str
    state: str = "pending"
    flags: list[str] = _texts()
    due_at: datetime = _instant()
    enrolled_at: datetime = _instant()


class JourneyRow(SQLModel, table=True):
    """One patient's run through one version; id is the enrolment's.

    state: flow.engine.state.State after the last step that asked for an effect. pending: the effects of that
    step. result: what the pending action came to, once known. event_count numbers journey_event. actions: how
    many it has asked for. channels: the kinds that the site had when it was enrolled.
    """

    __tablename__ = "journey"
    __table_args__ = (
        Index("journey_open", "campaign", postgresql_where=text("outcome IS NULL")),
        Index("journey_patient", "patient_id"),
    )
    id: UUID = Field(primary_key=True)
    campaign: str
    version: str
    patient_id: UUID = Field(foreign_key="patient.id")
    state: dict[str, Any] | None = _json(nullable=True)
    pending: dict[str, Any] | None = _json(nullable=True)
    result: dict[str, Any] | None = _json(nullable=True)
    outcome: str | None = None
    event_count: int = 0
    actions: int = 0
    channels: list[str] = _texts()
    started_at: datetime = _instant()
    updated_at: datetime = _instant()
    ended_at: datetime | None = _instant(nullable=True)


class JourneyEventRow(SQLModel, table=True):
    """What reached a journey from outside, gap-free by seq: the truth behind the signals."""

    __tablename__ = "journey_event"
    __table_args__ = (UniqueConstraint("journey_id", "dedupe"),)
    journey_id: UUID = Field(sa_column=Column(ForeignKey("journey.id"), primary_key=True))
    seq: int = Field(primary_key=True)
    event: dict[str, Any] = _json()
    dedupe: str
    at: datetime = _instant()


class DecisionRow(SQLModel, table=True):
    """Decision log: each effect that a journey asked for and what came of it."""

    __tablename__ = "journey_decision"
    __table_args__ = (UniqueConstraint("journey_id", "node", "effect", "occurrence", "rung", "result"),)
    id: int = _serial()
    journey_id: UUID = Field(foreign_key="journey.id")
    at: datetime = _instant()
    node: str
    effect: str
    occurrence: int
    rung: int
    result: str
    reason: str | None = None


class MessageRow(SQLModel, table=True):
    """The ledger. state: planned, claimed, sent, skipped, unknown. status: the delivery ladder.

    claim: a random token of the attempt that holds the claim. awaits: news that the journey wants.
    to_space, to_digest: the address that it was claimed for. missed_at: see `ledger.missed`.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("journey_id", "node", "occurrence", "rung"),
        Index("message_provider_ref", "provider", "provider_ref"),
        Index("message_patient", "patient_id", "sent_at"),
        Index("message_to", "to_digest", postgresql_where=text("to_digest IS NOT NULL")),
        Index("message_claimed", "state", postgresql_where=text("state IN ('claimed', 'unknown')")),
        Index("message_refused", "claimed_at", postgresql_where=text("reason LIKE 'rejected.%'")),
    )
    id: UUID = Field(primary_key=True)
    journey_id: UUID = Field(foreign_key="journey.id")
    patient_id: UUID
    campaign: str
    version: str
    node: str
    occurrence: int
    rung: int
    purpose: str
    template: str
    language: str | None = None
    channel: str | None = None
    provider: str | None = None
    state: str = "planned"
    reason: str | None = None
    scope: str | None = None
    status: str | None = None
    status_code: str | None = None
    provider_ref: str | None = None
    to_space: str | None = None
    to_digest: bytes | None = None
    claim: str | None = None
    attempts: int = 0
    parts: int | None = None
    price: Decimal | None = Field(default=None, sa_type=Numeric)
    currency: str | None = None
    awaits: list[str] = _texts()
    deadline: datetime = _instant()
    planned_at: datetime = _instant()
    claimed_at: datetime | None = _instant(nullable=True)
    missed_at: datetime | None = _instant(nullable=True)
    sent_at: datetime | None = _instant(nullable=True)
    delivered_at: datetime | None = _instant(nullable=True)
    opened_at: datetime | None = _instant(nullable=True)
    replied_at: datetime | None = _instant(nullable=True)
    sealed_content: bytes | None = None
    offer_id: UUID | None = None


class AutoReplyRow(SQLModel, table=True):
    """What is written back at once to somebody's words. kind: `domain.auto_reply.AutoReplyKind`.

    ref: what it answers once, an inbox row or an offer. state: planned, claimed, sent, skipped, unknown.
    said_ref, said_at: of the words that it answers. came_in_on: the connection that they came in on.
    patient_id, journey_id, campaign: None where nobody knows who wrote, or nothing was open.
    due_at: not before.
    """

    __tablename__ = "auto_reply"
    __table_args__ = (
        UniqueConstraint("kind", "ref"),
        Index("auto_reply_open", "due_at", postgresql_where=text("state IN ('planned', 'claimed')")),
        Index("auto_reply_to", "to_digest", "kind"),
        Index("auto_reply_provider_ref", "provider", "provider_ref"),
        Index("auto_reply_campaign", "campaign", postgresql_where=text("campaign IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    kind: str
    ref: str
    said_ref: str
    said_at: datetime = _instant()
    came_in_on: str
    channel: str
    to_space: str
    to_digest: bytes
    sealed_to: bytes
    language: str
    patient_id: UUID | None = None
    journey_id: UUID | None = Field(default=None, foreign_key="journey.id")
    campaign: str | None = None
    purpose: str
    offer_id: UUID | None = None
    choice: int | None = None
    state: str = "planned"
    reason: str | None = None
    status: str | None = None
    status_code: str | None = None
    provider: str | None = None
    provider_ref: str | None = None
    claim: str | None = None
    parts: int | None = None
    price: Decimal | None = Field(default=None, sa_type=Numeric)
    currency: str | None = None
    sealed_content: bytes | None = None
    deadline: datetime = _instant()
    due_at: datetime = _instant()
    planned_at: datetime = _instant()
    claimed_at: datetime | None = _instant(nullable=True)
    sent_at: datetime | None = _instant(nullable=True)
    delivered_at: datetime | None = _instant(nullable=True)
    opened_at: datetime | None = _instant(nullable=True)


class ChannelHealthRow(SQLModel, table=True):
    """Sends by a connection that came to nothing or were refused, in a row (see domain.channel_health)."""

    __tablename__ = "channel_health"
    connection: str = Field(primary_key=True)
    failures: int
    refusals: int
    code: str | None = None
    failing_since: datetime | None = _instant(nullable=True)
    down_since: datetime | None = _instant(nullable=True)
    probe_at: datetime | None = _instant(nullable=True)


class ChannelDayRow(SQLModel, table=True):
    """How many messages a connection with a limit was given on the last day (the clinic's) that had any."""

    __tablename__ = "channel_day"
    connection: str = Field(primary_key=True)
    day: date
    used: int


class HeardRow(SQLModel, table=True):
    """The last that came from an address on a connection. sealed_ref: the provider's name of it.

    over_at: when the provider said that its session was over, whatever we had reckoned.
    """

    __tablename__ = "heard"
    connection: str = Field(primary_key=True)
    space: str = Field(primary_key=True)
    digest: bytes = Field(primary_key=True)
    at: datetime = _instant()
    said_ref: str
    sealed_ref: bytes | None = None
    over_at: datetime | None = _instant(nullable=True)


class HeardOnceRow(SQLModel, table=True):
    """What patients wrote, by a keyed digest of it: a provider may say it again, beside something new.

    said_ref: our name of it, as it came first.
    """

    __tablename__ = "heard_once"
    __table_args__ = (Index("heard_once_at", "at"),)
    digest: bytes = Field(primary_key=True)
    said_ref: str
    at: datetime = _instant()


class AddressCheckRow(SQLModel, table=True):
    """What the provider of a connection said of an address: yes, no or unknown; good until then."""

    __tablename__ = "address_check"
    connection: str = Field(primary_key=True)
    space: str = Field(primary_key=True)
    digest: bytes = Field(primary_key=True)
    answer: str
    until: datetime = _instant()


class OfferRow(SQLModel, table=True):
    """Slots offered in one message. slots: [{ref, version, start, end, specialty, practitioner}]."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("journey_id", "node", "occurrence"),
        Index("offer_open", "journey_id", postgresql_where=text("state = 'open'")),
    )
    id: UUID = Field(primary_key=True)
    journey_id: UUID = Field(foreign_key="journey.id")
    source: str
    node: str
    occurrence: int
    slots: list[dict[str, Any]] = _json()
    state: str = "open"
    created_at: datetime = _instant()


class SlotHoldRow(SQLModel, table=True):
    """A slot kept for one offer: alone until `hard_until`, by preference while the offer is open."""

    __tablename__ = "slot_hold"
    source: str = Field(primary_key=True)
    slot_ref: str = Field(primary_key=True)
    offer_id: UUID = Field(primary_key=True, foreign_key="offer.id")
    hard_until: datetime = _instant()


class BookingRow(SQLModel, table=True):
    """A request to the MIS. state: pending, booked, taken, failed, unknown. asked_at: first."""

    __tablename__ = "booking"
    __table_args__ = (UniqueConstraint("journey_id", "node", "occurrence"),)
    id: UUID = Field(primary_key=True)
    journey_id: UUID = Field(foreign_key="journey.id")
    node: str
    occurrence: int
    offer_id: UUID = Field(foreign_key="offer.id")
    source: str
    slot_ref: str
    start_at: datetime = _instant()
    state: str = "pending"
    appointment_ref: str | None = None
    code: str | None = None
    requested_at: datetime = _instant()
    asked_at: datetime | None = _instant(nullable=True)
    settled_at: datetime | None = _instant(nullable=True)


class TaskRow(SQLModel, table=True):
    """Work for staff. dedupe makes a repeated request harmless. state: open, done.

    sealed_done_reason: what came of it, in the words of who closed it.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(
            "state = 'open' OR reason NOT IN ('urgent', 'deceased', 'hold')"
            " OR (done_by IS NOT NULL AND done_by <> 'system')",
            name="closed_by_somebody",
        ),
    )
    id: UUID = Field(primary_key=True)
    queue: str
    reason: str
    dedupe: str = Field(unique=True)
    journey_id: UUID | None = None
    patient_id: UUID | None = None
    sealed_note: bytes | None = None
    state: str = "open"
    created_at: datetime = _instant()
    done_at: datetime | None = _instant(nullable=True)
    done_by: str | None = None
    sealed_done_reason: bytes | None = None


class ReplyHoldRow(SQLModel, table=True):
    """What a patient wrote keeps messages back, until its task is closed (see store.people.reply_holds).

    id: from the patient's and `ref`, the inbox row that it came in. task_id: None until the journey has made
    the task, which happens only to what ends by itself.
    """

    __tablename__ = "reply_hold"
    __table_args__ = (
        CheckConstraint("task_id IS NOT NULL OR intent IN ('unclear', 'question')", name="with_a_task"),
        Index("reply_hold_patient", "patient_id", postgresql_where=text("released_at IS NULL")),
        Index("reply_hold_task", "task_id", postgresql_where=text("released_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    intent: str
    ref: str
    journey_id: UUID | None = None
    task_id: UUID | None = Field(default=None, foreign_key="task.id")
    since: datetime = _instant()
    released_at: datetime | None = _instant(nullable=True)
    released_by: str | None = None


class TagRow(SQLModel, table=True):
    """A label on a patient, or on a journey of theirs.

    id: from the patient's or the journey's, and the label. campaign: the journey's; None with journey_id.
    """

    __tablename__ = "tag"
    __table_args__ = (Index("tag_patient", "patient_id", "label"),)
    id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    journey_id: UUID | None = None
    campaign: str | None = None
    label: str
    put_at: datetime = _instant()


class ReplyRow(SQLModel, table=True):
    """What a patient wrote to an open journey, sealed under the patient's key. id: from journey and ref.

    ref: the inbox row that it came in.
    """

    __tablename__ = "reply"
    __table_args__ = (Index("reply_journey", "journey_id", "at"),)
    id: UUID = Field(primary_key=True)
    journey_id: UUID = Field(foreign_key="journey.id")
    patient_id: UUID = Field(foreign_key="patient.id")
    ref: str
    at: datetime = _instant()
    sealed_text: bytes


class LinkRow(SQLModel, table=True):
    """A token in a patient's hands, by its SHA-256. kind: page, pixel, unsubscribe."""

    __tablename__ = "link"
    token_digest: bytes = Field(primary_key=True)
    kind: str
    message_id: UUID = Field(foreign_key="message.id", index=True)
    expires_at: datetime = _instant()
    prefetched: int = 0
    used_at: datetime | None = _instant(nullable=True)


class AuditHeadRow(SQLModel, table=True):
    """The end of one chain."""

    __tablename__ = "audit_head"
    shard: int = Field(primary_key=True)
    seq: int
    hash: bytes


class AuditEventRow(SQLModel, table=True):
    """Append-only evidence; only audit_append() may insert. `body` holds ids, codes and digests."""

    __tablename__ = "audit_event"
    shard: int = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    at_wall: datetime = _instant()
    at: datetime = _instant()
    actor: str
    action: str
    object_type: str
    object_id: str
    outcome: str
    body: str
    prev: bytes
    hash: bytes


class AuditCheckpointRow(SQLModel, table=True):
    """A signed Merkle root over all shards' heads."""

    __tablename__ = "audit_checkpoint"
    id: int = _serial()
    at_wall: datetime = _instant()
    note: str


class HeartbeatRow(SQLModel, table=True):
    """The last sign of life of one process of a role. instance: drawn by the process at its start.

    queues: which group of the role's work it does. ahead_seconds: how far its clock is before the database's.
    folder: where it writes. disk_free, disk_size: bytes there.
    """

    __tablename__ = "heartbeat"
    instance: str = Field(primary_key=True)
    role: str
    queues: str
    host: str
    pid: int
    ready: bool
    started_at_wall: datetime = _instant()
    at_wall: datetime = _instant()
    ahead_seconds: float
    folder: str
    disk_free: int = Field(sa_type=BigInteger)
    disk_size: int = Field(sa_type=BigInteger)


class ListenerRow(SQLModel, table=True):
    """What a process last said of one of its listeners: whether the other side is heard, since when, and the
    code or type of what it last met when it was not. origin: the connection.
    """

    __tablename__ = "listener"
    instance: str = Field(primary_key=True, foreign_key="heartbeat.instance", ondelete="CASCADE")
    origin: str = Field(primary_key=True)
    hears: bool
    since_wall: datetime = _instant()
    fault: str | None = None


class ListenerLeaseRow(SQLModel, table=True):
    """Which process alone listens on a connection, and until when if it says no more."""

    __tablename__ = "listener_lease"
    origin: str = Field(primary_key=True)
    instance: str
    until_wall: datetime = _instant()


class SecondReaderRow(SQLModel, table=True):
    """How many replies a second reader has read and has not, and since when it reads none.

    slug: the plugin's. code: of the last failure, at `failed_at_wall`.
    """

    __tablename__ = "second_reader"
    slug: str = Field(primary_key=True)
    answered: int = Field(sa_type=BigInteger)
    failed: int = Field(sa_type=BigInteger)
    failing_since_wall: datetime | None = _instant(nullable=True)
    failed_at_wall: datetime | None = _instant(nullable=True)
    code: str | None = None


class PluginTroubleRow(SQLModel, table=True):
    """What the plugin of a connection was met with in a call, how often, and for how long at the longest.

    See `calls.troubles`. longest_seconds: that it held the event loop, or was waited for.
    """

    __tablename__ = "plugin_trouble"
    connection: str = Field(primary_key=True)
    plugin: str = Field(primary_key=True)
    method: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    times: int = Field(sa_type=BigInteger)
    longest_seconds: float
    first_at_wall: datetime = _instant()
    last_at_wall: datetime = _instant()


class RefusedActionRow(SQLModel, table=True):
    """What came by way of Temporal and does not follow from the store. workflow: its id."""

    __tablename__ = "refused_action"
    workflow: str = Field(primary_key=True)
    activity: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    times: int = Field(sa_type=BigInteger)
    first_at_wall: datetime = _instant()
    last_at_wall: datetime = _instant()
