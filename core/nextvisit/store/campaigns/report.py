"""The funnel of a campaign, and equations that hold if nothing was lost on the way.

One statement reads everything, so that all counts are of the same instant. The two sides of an equation
come from different tables or columns; a broken rule shows, instead of being true by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import text

from nextvisit.flow.engine.state import Outcome
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Tx
from nextvisit.store.campaigns.audience import ENROLLED, HELD_OUT


@dataclass(frozen=True, slots=True)
class Audience:
    """at_first_firing, at_last_firing: how many the segment held; None before. over_pace: left waiting at the
    last firing. refused: kept back then, by reason. idle: why nothing is proved by numbers that agree: the
    campaign has done nothing yet; None once it has.
    """

    at_first_firing: int | None
    at_last_firing: int | None
    enrolled: int
    contacted: int
    held_out: int
    over_pace: int
    refused: Mapping[str, int]
    idle: Literal["never_fired", "nobody_in_segment"] | None


@dataclass(frozen=True, slots=True)
class Journeys:
    open: int
    ended: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class ChannelCounts:
    """Messages on one channel; `channel` None: never got as far as a channel."""

    channel: ChannelKind | None
    planned: int
    sent: int
    delivered: int
    opened: int
    replied: int
    failed: int
    skipped: int
    unknown: int
    under_way: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What providers said that messages and auto-replies cost, by currency; one is never added to another.

    priced, unpriced: how many went out with a price, and of how many no provider has said one.
    """

    by_currency: Mapping[str, Decimal]
    priced: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class Bookings:
    """ours: journeys with an appointment that we made. others: goals that were reached otherwise."""

    ours: int
    others: int


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """booked: enrolments after which the MIS held a new or renewed visit, whoever made it."""

    enrolled: int
    booked: int


@dataclass(frozen=True, slots=True)
class Term:
    """reasons: what the number is made of, where that is counted by reason."""

    name: str
    number: int
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Equation:
    """terms: the left side, and those of the right one."""

    name: str
    left: int
    right: int
    holds: bool
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """skipped: messages by reason. opted_out: journeys.

    auto_replies: what was written back at once to patients of this campaign, by kind and what came of it.
    """

    campaign: str
    audience: Audience
    journeys: Journeys
    channels: tuple[ChannelCounts, ...]
    skipped: Mapping[str, int]
    unknown: int
    auto_replies: Mapping[str, int]
    costs: Costs
    bookings: Bookings
    opted_out: int
    contacted_effect: ArmEffect
    holdout_effect: ArmEffect
    equations: tuple[Equation, ...]


_COUNTS = text(
    """
    WITH j AS (SELECT * FROM journey WHERE campaign = :campaign),
    m AS (SELECT * FROM message WHERE campaign = :campaign),
    e AS (SELECT * FROM enrolment WHERE campaign = :campaign),
    f AS (SELECT * FROM campaign_firing WHERE campaign = :campaign),
    booked AS (
        SELECT DISTINCT b.journey_id FROM booking b JOIN j ON j.id = b.journey_id WHERE b.state = 'booked'
    ),
    effect AS (
        SELECT e.arm, count(*) AS enrolled, count(*) FILTER (WHERE EXISTS (
            SELECT FROM appointment a
            WHERE a.patient_id = e.patient_id
                AND a.status IN ('booked', 'arrived', 'checked-in', 'fulfilled')
                AND a.visit_at > e.enrolled_at AND a.mis_updated_at >= e.enrolled_at
        )) AS booked
        FROM e GROUP BY e.arm
    ),
    channels AS (
        SELECT channel, count(*) AS planned, count(sent_at) AS sent, count(delivered_at) AS delivered,
            count(opened_at) AS opened, count(replied_at) AS replied,
            count(*) FILTER (WHERE status = 'failed') AS failed,
            count(scope) AS skipped,
            count(*) FILTER (WHERE state = 'unknown') AS unknown,
            count(*) FILTER (WHERE state IN ('planned', 'claimed')) AS under_way
        FROM m GROUP BY channel
    ),
    paid AS (
        SELECT price, currency FROM m WHERE state = 'sent'
        UNION ALL SELECT price, currency FROM auto_reply WHERE campaign = :campaign AND state = 'sent'
    )
    SELECT jsonb_build_object(
        'costs', (SELECT coalesce(jsonb_object_agg(currency, amount), '{}') FROM (
            SELECT currency, sum(price)::text AS amount FROM paid WHERE price IS NOT NULL GROUP BY currency
        ) AS sums),
        'priced', (SELECT jsonb_build_array(count(price), count(*) - count(price)) FROM paid),
        'at_first_firing', (SELECT audience FROM f ORDER BY due_at LIMIT 1),
        'at_last_firing', (SELECT audience FROM f ORDER BY due_at DESC LIMIT 1),
        'standing', (SELECT standing FROM f ORDER BY due_at DESC LIMIT 1),
        'ever_held', (SELECT coalesce(max(audience), 0) FROM f),
        'over_pace', (SELECT over_pace FROM f ORDER BY due_at DESC LIMIT 1),
        'fired', (SELECT coalesce(sum(contacted + held_out), 0) FROM f),
        'enrolled_by_firings', (SELECT count(*) FROM e WHERE due_at IN (SELECT due_at FROM f)),
        'enrolled', (SELECT count(*) FROM e),
        'contacted', (SELECT count(*) FROM e WHERE arm = 'contacted'),
        'held_out', (SELECT count(*) FROM e WHERE arm = 'holdout'),
        'journeys', (SELECT count(*) FROM j),
        'open', (SELECT count(*) FROM j WHERE outcome IS NULL),
        'with_end', (SELECT count(*) FROM j WHERE ended_at IS NOT NULL),
        'ended', (SELECT coalesce(jsonb_object_agg(outcome, number), '{}') FROM (
            SELECT outcome, count(*) AS number FROM j WHERE outcome IS NOT NULL GROUP BY outcome
        ) AS outcomes),
        'channels', (SELECT coalesce(jsonb_agg(to_jsonb(channels) ORDER BY channel), '[]') FROM channels),
        'messages', (SELECT count(*) FROM m),
        'state_skipped', (SELECT count(*) FROM m WHERE state = 'skipped'),
        'skipped', (SELECT coalesce(jsonb_object_agg(reason, number), '{}') FROM (
            SELECT reason, count(*) AS number FROM m
            WHERE reason IS NOT NULL AND scope IS NOT NULL GROUP BY reason
        ) AS reasons),
        'auto_replies', (SELECT coalesce(jsonb_object_agg(what, number), '{}') FROM (
            SELECT kind || ' ' || state AS what, count(*) AS number FROM auto_reply
            WHERE campaign = :campaign GROUP BY kind, state
        ) AS written_back),
        'written_back', (SELECT jsonb_build_array(count(*), count(sent_at), count(reason),
            count(*) FILTER (WHERE state = 'unknown'),
            count(*) FILTER (WHERE state IN ('planned', 'claimed'))
        ) FROM auto_reply WHERE campaign = :campaign),
        'booked_ours', (SELECT count(*) FROM booked),
        'booked_others', (SELECT count(*) FROM j WHERE outcome = 'goal'
            AND NOT EXISTS (SELECT FROM booked WHERE booked.journey_id = j.id)),
        'effect', (SELECT coalesce(jsonb_object_agg(arm, jsonb_build_array(enrolled, booked)), '{}')
            FROM effect)
    )
    """
)


async def campaign_report(tx: Tx, campaign: str) -> Report:
    """All versions of the campaign together, as of now."""
    counts: dict[str, Any] = (await tx.connection.execute(_COUNTS, {"campaign": campaign})).scalar_one()
    channels = tuple(_channel(row) for row in counts["channels"])
    ended = {Outcome(outcome): number for outcome, number in counts["ended"].items()}
    return Report(
        campaign=campaign,
        audience=Audience(
            at_first_firing=counts["at_first_firing"],
            at_last_firing=counts["at_last_firing"],
            enrolled=counts["enrolled"],
            contacted=counts["contacted"],
            held_out=counts["held_out"],
            over_pace=counts["over_pace"] or 0,
            refused=_refused(counts),
            idle=_idle(counts),
        ),
        journeys=Journeys(open=counts["open"], ended=ended),
        channels=channels,
        skipped=counts["skipped"],
        unknown=sum(channel.unknown for channel in channels),
        auto_replies=counts["auto_replies"],
        costs=Costs({each: Decimal(sum_) for each, sum_ in counts["costs"].items()}, *counts["priced"]),
        bookings=Bookings(ours=counts["booked_ours"], others=counts["booked_others"]),
        opted_out=ended.get(Outcome.OPTED_OUT, 0),
        contacted_effect=ArmEffect(*counts["effect"].get("contacted", (0, 0))),
        holdout_effect=ArmEffect(*counts["effect"].get("holdout", (0, 0))),
        equations=_equations(counts, channels),
    )


def _channel(row: Mapping[str, Any]) -> ChannelCounts:
    channel = row["channel"]
    return ChannelCounts(**{**row, "channel": None if channel is None else ChannelKind(channel)})


def _equations(counts: Mapping[str, Any], channels: tuple[ChannelCounts, ...]) -> tuple[Equation, ...]:
    # Sent is counted by its instant and skipped by its reach, not by the state that should go with them.
    came_to = (
        Term("sent", sum(each.sent for each in channels)),
        Term("skipped", sum(each.skipped for each in channels)),
        Term("unknown", sum(each.unknown for each in channels)),
        Term("under way", sum(each.under_way for each in channels)),
    )
    held_out = Term("held out", counts["held_out"])
    reasons = counts["skipped"]
    return (
        *_audience_equation(counts),
        _equation(Term("enrolled", counts["enrolled"]), Term("journeys", counts["journeys"]), held_out),
        _equation(
            Term("contacted", counts["contacted"]),
            Term("open", counts["open"]),
            Term("ended", counts["with_end"]),
        ),
        _equation(Term("planned", counts["messages"]), *came_to),
        _equation(
            Term("skipped", counts["state_skipped"]),
            Term("sum of reasons", sum(reasons.values()), reasons),
        ),
        _equation(
            Term("enrolled by firings", counts["enrolled_by_firings"]),
            Term("sum of firings", counts["fired"]),
        ),
        *_written_back_equation(counts),
    )


def _equation(left: Term, *right: Term) -> Equation:
    name = f"{left.name} = {' + '.join(each.name for each in right)}"
    total = sum(each.number for each in right)
    return Equation(name, left.number, total, left.number == total, (left, *right))


def _audience_equation(counts: Mapping[str, Any]) -> tuple[Equation, ...]:
    """Of the last firing; none before. Of an audience that was always empty, 0 = 0 says nothing and fails."""
    if counts["at_last_firing"] is None:
        return ()
    standing, refused, over_pace = counts["standing"], _refused(counts), counts["over_pace"]
    told = _equation(
        Term("audience", counts["at_last_firing"]),
        Term("enrolled", standing.get(ENROLLED, 0)),
        Term("held out", standing.get(HELD_OUT, 0)),
        Term("not yet", over_pace, {"over_pace": over_pace} if over_pace else {}),
        Term("refused", sum(refused.values()), refused),
    )
    return (replace(told, holds=told.holds and _idle(counts) is None),)


def _written_back_equation(counts: Mapping[str, Any]) -> tuple[Equation, ...]:
    """None while nothing was."""
    owed, sent, skipped, unknown, under_way = counts["written_back"]
    came_to = (
        Term("sent", sent),
        Term("skipped", skipped),
        Term("unknown", unknown),
        Term("under way", under_way),
    )
    return (_equation(Term("auto-replies", owed, counts["auto_replies"]), *came_to),) if owed else ()


def _refused(counts: Mapping[str, Any]) -> Mapping[str, int]:
    standing = counts["standing"] or {}
    return {reason: number for reason, number in standing.items() if reason not in {ENROLLED, HELD_OUT}}


def _idle(counts: Mapping[str, Any]) -> Literal["never_fired", "nobody_in_segment"] | None:
    if counts["at_last_firing"] is None:
        return "never_fired"
    return None if counts["ever_held"] else "nobody_in_segment"
