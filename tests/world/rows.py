"""Rows that the tests of the store begin with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text

from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import NodeId, State
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.segments.model import AllOf, Predicate
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import AppointmentRow, EnrolmentRow, PatientRow, table_of
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.enrolments import enrol_batch
from nextvisit.store.campaigns.terms import EnrolTerms
from nextvisit.store.journeys import journeys
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.messages import ledger
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.people.patients import PatientId
from tests.world.clock import NOW
from tests.world.site import SITE

EVERYBODY = AllOf(())
PURPOSE = Purpose.RECALL


def a_program(
    campaign: str = "recall", version: str = "v1", conditions: Mapping[str, Predicate] | None = None
) -> Program:
    return Program(
        campaign=campaign,
        version=version,
        purpose=PURPOSE,
        priority=None,
        ladder=(),
        unknown="hold",
        deadline=timedelta(days=3),
        goal_within=timedelta(days=45),
        nodes={},
        start=NodeId("invite"),
        conditions=dict(conditions or {}),
        specialties=frozenset(),
        templates=frozenset(),
    )


def terms(**changes: Any) -> EnrolTerms:
    return replace(EnrolTerms(EVERYBODY, holdout=Decimal(0)), **changes)


def digest_of(number: int) -> bytes:
    return hashlib.sha256(f"patient {number}".encode()).digest()[:16]


async def add_patients(tx: Tx, number: int, *, first: int = 0, **facts: Any) -> list[PatientId]:
    """Patients with a key each; `facts` are the same for all."""
    rows = []
    for index in range(first, first + number):
        patient = uuid4()
        _, dek, kid = tx.vault.new_patient_key(patient)
        standard: dict[str, Any] = {
            "birth_date": date(1980, 1, 1),
            "sex": "female",
            "active": True,
            "deceased": False,
        }
        dates = {"mis_updated_at": tx.now, "known_since": tx.now, "mis_version": "1"}
        own: dict[str, Any] = {
            "id": patient,
            "source": "his",
            "ref_digest": digest_of(index),
            "dek": dek,
            "dek_kid": kid,
        }
        rows.append(own | standard | dates | {"has_email": True, "has_phone": True} | facts)
    await tx.connection.execute(insert(table_of(PatientRow)), rows)
    return [PatientId(row["id"]) for row in rows]


async def add_visit(
    tx: Tx, patient: UUID, start: datetime | None, status: str = "fulfilled", **more: Any
) -> None:
    row = {
        "id": uuid4(),
        "source": "his",
        "ref": f"Appointment/{uuid4()}",
        "patient_digest": b"-" * 16,
        "patient_id": patient,
        "status": status,
        "start_at": start,
        "visit_at": start,
        "visit_specialty": more.get("specialty"),
        "mis_version": "1",
        "mis_updated_at": tx.now,
    }
    await tx.connection.execute(insert(table_of(AppointmentRow)), [row | more])


async def run_campaign(tx: Tx, program: Program, files: Mapping[str, str] | None = None) -> None:
    """Applied, approved and running. Without `files` nobody may load it."""
    kept = files or {"campaign.yaml": program.version}
    await campaigns.store_version(
        tx, program.campaign, program.version, kept, purpose=PURPOSE, applied_by="ann"
    )
    await campaigns.approve(tx, program.campaign, program.version, "bob", 0)
    await campaigns.set_state(tx, program.campaign, "running")


async def some_journeys(database: Database, number: int, campaign: str = "recall") -> list[JourneyHead]:
    """Enrolled patients of a running campaign."""
    program = a_program(campaign)
    async with database.transaction() as tx:
        await run_campaign(tx, program)
        await add_patients(tx, number)
        await enrol_batch(tx, program, terms(), tx.now, zone=SITE.zone, limit=number)
        rows = await tx.connection.execute(
            select(table_of(EnrolmentRow).c.id).where(table_of(EnrolmentRow).c.campaign == campaign)
        )
        return [await journeys.head(tx, JourneyId(row.id)) for row in rows]


async def a_journey(database: Database) -> JourneyHead:
    return (await some_journeys(database, 1))[0]


def a_send(node: str = "invite", occurrence: int = 1, rung: int = 0, **changes: Any) -> SendMessage:
    standard = SendMessage(
        NodeId(node),
        occurrence,
        rung,
        channels=(ChannelKind("email"),),
        template="neutral",
        purpose=PURPOSE,
        deadline=NOW + timedelta(days=3),
        awaits=("opened",),
    )
    return replace(standard, **changes)


async def plan(tx: Tx, head: JourneyHead, effect: SendMessage | MakeOffer) -> Message:
    """As an activity plans what this journey asks for."""
    return await ledger.plan(
        tx, effect, journey=head.id, patient=head.patient_id, campaign=head.campaign, version=head.version
    )


def a_state(node: str = "invite", **changes: Any) -> State:
    return State(NodeId(node), **changes)


async def rows_of(database: Database, sql: str, **parameters: Any) -> Sequence[Any]:
    async with database.transaction() as tx:
        return (await tx.connection.execute(text(sql), parameters)).all()


async def audited(database: Database) -> list[tuple[str, str, str]]:
    """(action, object, outcome), by action, of all that happened since the keys were made."""
    rows = await rows_of(
        database,
        "SELECT action, object_id, outcome FROM audit_event WHERE action <> 'key.created'"
        " ORDER BY action, object_id, outcome",
    )
    return [tuple(row) for row in rows]
