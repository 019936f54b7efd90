"""Where each journey stands and what it decided.

Postgres holds the truth and Temporal runs it: from (state, pending, result), and what journey_events has
told it since, a journey can go on in an empty Temporal server.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import RowMapping, Select, Update, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.types import TypeEngine

from nextvisit.flow.engine.effects import Finish, Wait
from nextvisit.flow.engine.state import Outcome, State
from nextvisit.flow.verbs import AnyAction, AnyEffect, AnyResult
from nextvisit.sdk.errors import Bug
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.store.base.digest import vouches
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import (
    CampaignRow,
    CampaignVersionRow,
    DecisionRow,
    EnrolmentRow,
    JourneyRow,
    table_of,
)
from nextvisit.store.journeys.journey_json import (
    effects_from_json,
    effects_to_json,
    result_from_json,
    result_to_json,
    state_from_json,
    state_to_json,
)
from nextvisit.store.people.patients import PatientId

CampaignState = Literal["draft", "running", "paused", "stopped"]

_journeys = table_of(JourneyRow)
_enrolments = table_of(EnrolmentRow)
_campaigns = table_of(CampaignRow)
_versions = table_of(CampaignVersionRow)
_decisions = table_of(DecisionRow)

# Written once: putting a statement together is much of what a message costs in CPU, and each asks twice.
_HEADS = (
    select(
        _journeys,
        _enrolments.c.flags,
        _enrolments.c.enrolled_at,
        _campaigns.c.state.label("campaign_state"),
        _campaigns.c.fault_code.is_not(None).label("campaign_faulty"),
    )
    .join_from(_journeys, _enrolments, _enrolments.c.id == _journeys.c.id)
    .join(_campaigns, _campaigns.c.campaign == _journeys.c.campaign)
)
_HEAD = _HEADS.where(_journeys.c.id == bindparam("journey"))
_LOCKED_HEAD = _HEAD.with_for_update(of=_journeys)


@dataclass(frozen=True, slots=True)
class JourneyHead:
    """state: after the last step that asked for an effect; None before the first. pending: the effects of
    that step. result: what its action came to, once known. outcome: None while the journey runs. told: the
    number of the last event that it was told, 0 for none. campaign_faulty: the appliance has paused it.
    actions: how many it has asked for. channels: what its version is compiled for.
    """

    id: JourneyId
    campaign: str
    version: str
    patient_id: PatientId
    state: State | None
    pending: tuple[AnyEffect, ...]
    result: AnyResult | None
    outcome: Outcome | None
    flags: tuple[str, ...]
    enrolled_at: datetime
    updated_at: datetime
    campaign_state: CampaignState
    told: int
    campaign_faulty: bool
    actions: int
    channels: tuple[ChannelKind, ...]

    @property
    def seen(self) -> int:
        """The number of the last event that its steps have taken in; 0: none."""
        return 0 if self.state is None else self.state.seen


@dataclass(frozen=True, slots=True)
class Decision:
    """An effect that the journey asked for, and what came of it."""

    at: datetime
    node: str
    effect: str
    occurrence: int
    rung: int
    result: str
    reason: str | None


_DECISION = tuple(each.name for each in fields(Decision))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which journeys to list; None means any. Pages go on after `after`. of_running: their campaign runs."""

    campaign: str | None = None
    patient: PatientId | None = None
    open_only: bool = False
    outcome: Outcome | None = None
    after: JourneyId | None = None
    limit: int = 100
    untouched_since: datetime | None = None
    of_running: bool = False


async def head(tx: Tx, journey: JourneyId, *, lock: bool = False) -> JourneyHead:
    """Raises Bug when there is no such journey."""
    query = _LOCKED_HEAD if lock else _HEAD
    row = (await tx.connection.execute(query, {"journey": journey})).mappings().one_or_none()
    if row is None:
        raise Bug("journey.unknown", f"journey {journey}")
    return _head_of(row)


async def heads(tx: Tx, those: Collection[JourneyId]) -> Mapping[JourneyId, JourneyHead]:
    """By id, in one statement. Raises Bug when one of them is not there."""
    if not those:
        return {}
    rows = (await tx.connection.execute(_HEADS.where(_journeys.c.id.in_(those)))).mappings()
    found = {known.id: known for known in map(_head_of, rows)}
    missing = next((journey for journey in those if journey not in found), None)
    if missing is not None:
        raise Bug("journey.unknown", f"journey {missing}")
    return found


async def advance(
    tx: Tx,
    journey: JourneyId,
    state: State,
    pending: Sequence[AnyEffect],
    *,
    locked: JourneyHead | None = None,
) -> JourneyHead:
    """Write a step that asked for an action, the journey's next, before it is carried out; how it stands now.

    locked: the head as this transaction has read it, with its lock; None reads it here. Raises Bug when the
    journey has ended or stands further on.
    """
    standing = locked or await head(tx, journey, lock=True)
    if standing.outcome is not None:
        raise Bug("journey.ended", f"journey {journey} ended as {standing.outcome}")
    if standing.state is not None and _progress(state) < _progress(standing.state):
        raise Bug("journey.regressed", f"journey {journey} stands further on than this step")
    number = standing.actions + 1
    stored = {"state": state_to_json(state), "pending": effects_to_json(pending), "result": None}
    await _write(tx, journey, stored | {"actions": number})
    return replace(
        standing, state=state, pending=tuple(pending), result=None, updated_at=tx.now, actions=number
    )


async def record(
    tx: Tx, journey: JourneyId, effect: AnyAction, result: AnyResult, state: State | None = None
) -> AnyResult:
    """Write what the pending action came to, and a row of the decision log.

    Returns the result that stands: the first one, unless that only put the action off. Raises Bug when
    the effect is not the one that the journey waits for.
    """
    kind, node, occurrence, rung = _key(effect)
    decided = Decision(tx.now, node, kind, occurrence, rung, result.kind, result.why)
    values: dict[str, Any] = {"result": result_to_json(result)}
    if state is not None:
        values["state"] = state_to_json(state)
    if await _decide(tx, journey, values, decided, _asked(effect)):
        return result
    standing = await head(tx, journey, lock=True)
    waited_for = [each for each in standing.pending if not isinstance(each, Wait | Finish)]
    if not any(_key(asked) == _key(effect) for asked in waited_for):
        raise Bug("journey.not_pending", f"journey {journey} does not wait for {_key(effect)}")
    if standing.result is None:
        raise Bug("journey.no_result", f"journey {journey} waits for {_key(effect)} and takes no result")
    return standing.result


async def close(tx: Tx, journey: JourneyId, state: State, outcome: Outcome) -> bool:
    """Write that the journey has ended; `ending.finish` sees to what hangs on it. False: it had, like this.

    Raises Bug when it ended differently.
    """
    decided = Decision(tx.now, state.node, "finish", 0, state.rung, outcome.value, None)
    ended = {"state": state_to_json(state), "pending": None, "result": None}
    if await _decide(tx, journey, ended | {"outcome": outcome.value, "ended_at": tx.now}, decided, None):
        return True
    standing = await head(tx, journey)
    if standing.outcome is not outcome:
        raise Bug("journey.ended", f"journey {journey} ended as {standing.outcome}, not {outcome}")
    return False


async def count_open(tx: Tx, campaign: str) -> int:
    """Journeys of the campaign that have not ended."""
    query = select(func.count()).where(_journeys.c.campaign == campaign, _journeys.c.outcome.is_(None))
    number: int = (await tx.connection.execute(query)).scalar_one()
    return number


async def open_versions(tx: Tx) -> Collection[tuple[str, str]]:
    """(campaign, version) of every journey that has not ended."""
    query = select(_journeys.c.campaign, _journeys.c.version).where(_journeys.c.outcome.is_(None)).distinct()
    return [(row.campaign, row.version) for row in await tx.connection.execute(query)]


async def open_journeys(tx: Tx, after: JourneyId | None, limit: int) -> Sequence[JourneyId]:
    """Journeys that have not ended, by id; the next page goes on after the last one."""
    query = select(_journeys.c.id).where(_journeys.c.outcome.is_(None))
    if after is not None:
        query = query.where(_journeys.c.id > after)
    rows = await tx.connection.execute(query.order_by(_journeys.c.id).limit(limit))
    return [JourneyId(row.id) for row in rows]


async def open_of_patient(
    tx: Tx, patient: PatientId, purposes: Collection[Purpose] | None = None
) -> Sequence[JourneyId]:
    """The patient's journeys that have not ended, oldest first; of campaigns for these purposes, if any."""
    query = select(_journeys.c.id).where(_journeys.c.patient_id == patient, _journeys.c.outcome.is_(None))
    if purposes is not None:
        of_version = (_versions.c.campaign == _journeys.c.campaign) & (
            _versions.c.version == _journeys.c.version
        )
        query = query.join(_versions, of_version).where(_versions.c.purpose.in_(purposes))
    rows = await tx.connection.execute(query.order_by(_journeys.c.started_at, _journeys.c.id))
    return [JourneyId(row.id) for row in rows]


async def listing(tx: Tx, filters: Filters) -> Sequence[JourneyHead]:
    """By id."""
    query = _HEADS
    if filters.campaign is not None:
        query = query.where(_journeys.c.campaign == filters.campaign)
    if filters.patient is not None:
        query = query.where(_journeys.c.patient_id == filters.patient)
    if filters.open_only:
        query = query.where(_journeys.c.outcome.is_(None))
    if filters.outcome is not None:
        query = query.where(_journeys.c.outcome == filters.outcome.value)
    if filters.after is not None:
        query = query.where(_journeys.c.id > filters.after)
    if filters.untouched_since is not None:
        query = query.where(_journeys.c.updated_at < filters.untouched_since)
    if filters.of_running:
        query = query.where(_campaigns.c.state == "running")
    rows = await tx.connection.execute(query.order_by(_journeys.c.id).limit(filters.limit))
    return [_head_of(row) for row in rows.mappings()]


def _head_of(row: RowMapping) -> JourneyHead:
    return JourneyHead(
        id=JourneyId(row["id"]),
        campaign=row["campaign"],
        version=row["version"],
        patient_id=PatientId(row["patient_id"]),
        state=None if row["state"] is None else state_from_json(row["state"]),
        pending=effects_from_json(row["pending"]),
        result=None if row["result"] is None else result_from_json(row["result"]),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        flags=tuple(row["flags"]),
        enrolled_at=row["enrolled_at"],
        updated_at=row["updated_at"],
        campaign_state=row["campaign_state"],
        campaign_faulty=row["campaign_faulty"],
        actions=row["actions"],
        channels=tuple(ChannelKind(each) for each in row["channels"]),
        told=row["event_count"],
    )


async def _write(tx: Tx, journey: JourneyId, values: Mapping[str, Any]) -> None:
    await tx.connection.execute(_changing(tuple(values)), _bound(tx, journey, values))


async def _decide(
    tx: Tx, journey: JourneyId, values: Mapping[str, Any], decided: Decision, asked: Mapping[str, Any] | None
) -> bool:
    """Write and log it, if the journey still waits for the result of `asked` (None: if it has not ended).

    One statement, so that nothing comes between looking and writing.
    """
    bound = _bound(tx, journey, values) | {f"decided_{name}": getattr(decided, name) for name in _DECISION}
    if asked is not None:
        bound["asked"] = {"effects": [asked]}
    changed, row = (
        await tx.connection.execute(_deciding(tuple(values), answers=asked is not None), bound)
    ).one()
    if row is not None:  # what was put off again is decided once
        said = {"id": row, "journey_id": journey} | {name: getattr(decided, name) for name in _DECISION}
        body = vouches("journey_decision", said)
        tx.audit(Entry("journey.decided", "journey", str(journey), outcome=decided.result, body=body))
    return bool(changed)


def _bound(tx: Tx, journey: JourneyId, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"journey": journey, "now": tx.now} | {f"new_{name}": value for name, value in values.items()}


@cache
def _changing(names: tuple[str, ...]) -> Update:
    new = {name: bindparam(f"new_{name}", type_=_type_of(name)) for name in names}
    return (
        update(_journeys)
        .where(_journeys.c.id == bindparam("journey"))
        .values(**new, updated_at=bindparam("now"))
    )


@cache
def _deciding(names: tuple[str, ...], *, answers: bool) -> Select[Any]:
    change = _changing(names).where(_journeys.c.outcome.is_(None))
    if answers:
        open_ = or_(_journeys.c.result.is_(None), _journeys.c.result["kind"].astext == "deferred")
        asked = bindparam("asked", type_=JSONB)
        change = change.where(open_, _journeys.c.pending.bool_op("@>")(asked))
    changed = change.returning(_journeys.c.id).cte("changed")
    said = [bindparam(f"decided_{name}", type_=_decisions.c[name].type) for name in _DECISION]
    log = insert(_decisions).from_select(["journey_id", *_DECISION], select(changed.c.id, *said))
    decided = log.on_conflict_do_nothing().returning(_decisions.c.id).cte("decided")
    row = select(decided.c.id).scalar_subquery()
    return select(select(func.count()).select_from(changed).scalar_subquery(), row)


def _type_of(name: str) -> TypeEngine[Any]:
    # None is to be NULL, and not JSON's null.
    known = _journeys.c[name].type
    return JSONB(none_as_null=True) if isinstance(known, JSONB) else known


def _progress(state: State) -> tuple[int, int, int]:
    """Grows along a journey in each of its parts."""
    return (sum(each.times for each in state.entered), state.rung, state.seen)


def _key(action: AnyAction) -> tuple[str, str, int, int]:
    """(kind, node, occurrence, rung): what makes two asked actions the same one."""
    return (action.kind, action.node, action.occurrence, action.rung)


def _asked(action: AnyAction) -> Mapping[str, Any]:
    """What `_key` tells apart, as it lies in `pending`; only what has a rung of its own keeps one there."""
    asked = effects_to_json((action,))["effects"][0]
    return {name: asked[name] for name in ("kind", "node", "occurrence", "rung") if name in asked}
