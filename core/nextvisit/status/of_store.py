"""The numbers of the whole store as metrics, and what the checks find.

The gateway alone has them (status.survey). Where a second one stands by, both say the same: take the highest,
never the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, get_args

from prometheus_client.core import Metric

from nextvisit.calls.troubles import TroubleKind
from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.state import Outcome
from nextvisit.intake.wire import PAGE_ORIGIN, UNSUBSCRIBE_ORIGIN
from nextvisit.status.families import Known, Row, added, campaigns_of, counter, gauge, one_of
from nextvisit.status.survey import Look
from nextvisit.store.messages.message_rows import MessageState
from nextvisit.store.vitals.heartbeats import ROLES
from nextvisit.store.vitals.signs import OpenTasks
from nextvisit.watch.finding import Examined, Finding, Grade
from nextvisit.watch.numbers import Numbers, Vitals, Work

_REASONS: Final = frozenset({*(each.value for each in Reason), "rejected"})
_OUTCOMES: Final = frozenset({"open", *(each.value for each in Outcome)})
_TROUBLES: Final = frozenset(get_args(TroubleKind))
_KEYS: Final = frozenset({"patient", "index", "payload", "blob", "audit", "token", "inbox", "dedupe"})
_PAGES: Final = frozenset({PAGE_ORIGIN, UNSUBSCRIBE_ORIGIN})


def of_seen(seen: Look, connections: frozenset[str]) -> Iterator[Metric]:
    """All of them. connections: of the settings."""
    yield gauge(
        "nextvisit_survey_timestamp_seconds", "When the store was last looked at.", (), [((), seen.at)]
    )
    yield gauge("nextvisit_survey_duration_seconds", "How long the last look took.", (), [((), seen.took)])
    counted = seen.numbers
    yield gauge("nextvisit_survey_complete", "1: it could count.", (), [((), counted is not None)])
    named = () if counted is None else (each.campaign for each in counted.work.journeys)
    known = Known(connections, campaigns_of(named))
    yield from _findings(seen.found, known, counted)
    if counted is not None:
        yield from _of_processes(counted.vitals, known)
        yield from _of_connections(counted.vitals, known)
        yield from _of_plugins(counted.vitals, known)
        yield from _of_what_waits(counted.work, counted.vitals.now, known)
        yield from _of_what_was_done(counted.work, known)


def _findings(found: Sequence[Examined], known: Known, counted: Numbers | None) -> Iterator[Metric]:
    those = [each for examined in found for each in examined.findings if each.grade is not Grade.OK]
    places = known.connections | known.campaigns | _PAGES | set(ROLES) | {""}

    def labels(of: Finding) -> tuple[str, ...]:
        return of.code, one_of(of.where, places), of.grade.value

    names = ("code", "where", "grade")
    yield gauge(
        "nextvisit_finding",
        "What `nextvisit doctor` finds that is not fine, and of how many; see docs/runbook.md by its code.",
        names,
        ((labels(each), each.count) for each in those),
        joined_by=added,
    )
    if counted is None:
        return
    walls = _ages(those, counted.vitals)
    yield gauge(
        "nextvisit_finding_age_seconds",
        "For how long it has been so, where that is known.",
        names,
        ((labels(each), age) for each, age in walls),
    )


def _ages(those: Sequence[Finding], vitals: Vitals) -> Iterator[tuple[Finding, float]]:
    """By the store's clock, which is the wall's but in a demo."""
    for each in those:
        if each.since is not None:
            yield each, _span(max(vitals.now - each.since, timedelta()))


def _of_processes(vitals: Vitals, known: Known) -> Iterator[Metric]:
    states = ("ready", "waiting", "silent")
    zeros: list[Row] = [((role, state), 0) for role in ROLES for state in states]
    said: list[Row] = [
        ((one_of(each.role, ROLES), ("ready" if each.ready else "waiting") if each.alive else "silent"), 1)
        for each in vitals.beats
    ]
    yield gauge(
        "nextvisit_role_processes",
        "Processes by their heartbeats.",
        ("role", "state"),
        zeros + said,
        joined_by=added,
    )
    disks: list[Row] = [((one_of(each.role, ROLES),), each.disk_free) for each in vitals.beats if each.alive]
    yield gauge(
        "nextvisit_disk_free_bytes", "Where a role writes, the least.", ("role",), disks, joined_by=min
    )
    ahead: list[Row] = [
        ((one_of(each.role, ROLES),), abs(each.ahead.total_seconds())) for each in vitals.beats if each.alive
    ]
    yield gauge("nextvisit_clock_apart_seconds", "Of a role's clock and the database's.", ("role",), ahead)
    keys: list[Row] = [((one_of(purpose, _KEYS),), _span(age)) for purpose, age in vitals.key_ages.items()]
    yield gauge("nextvisit_key_age_seconds", "How long a purpose's key is in use.", ("purpose",), keys)
    if vitals.checkpoint is not None:
        age = _span(vitals.wall - vitals.checkpoint)
        yield gauge("nextvisit_audit_checkpoint_age_seconds", "Since the last signature.", (), [((), age)])
    heard: list[Row] = [
        ((known.connection(each.origin), one_of(each.role, ROLES)), each.hears) for each in vitals.heard
    ]
    yield gauge(
        "nextvisit_listener_hears",
        "1: one of the role's processes hears it.",
        ("connection", "role"),
        heard,
    )


def _of_connections(vitals: Vitals, known: Known) -> Iterator[Metric]:
    one = ("connection",)
    read: list[Row] = [((known.connection(each.source),), each.resources) for each in vitals.reading]
    yield counter("nextvisit_mis_things", "Records read since the beginning.", one, read)
    lags: list[Row] = [
        ((known.connection(each.source),), _span(vitals.now - each.last_ok_at))
        for each in vitals.reading
        if each.last_ok_at is not None
    ]
    yield gauge("nextvisit_mis_lag_seconds", "Since the MIS last gave what was asked of it.", one, lags)
    up: list[Row] = [((each,), 0) for each in sorted(known.connections)]
    down: list[Row] = [
        ((known.connection(slug),), each.down_since is not None) for slug, each in vitals.health.items()
    ]
    yield gauge("nextvisit_channel_paused", "1: its breaker is open.", one, up + down)
    rows: list[Row] = []
    for slug, each in vitals.health.items():
        rows += [((known.connection(slug), "failed"), each.failures)]
        rows += [((known.connection(slug), "refused"), each.refusals)]
    yield gauge(
        "nextvisit_channel_errors_in_a_row",
        "Since the last message that was taken: sends that came to nothing, and messages refused.",
        ("connection", "kind"),
        rows,
    )


def _of_plugins(vitals: Vitals, known: Known) -> Iterator[Metric]:
    kinds = ("connection", "kind")
    times: list[Row] = []
    longest: list[Row] = []
    for each in vitals.troubles:
        labels = (known.connection(each.trouble.connection), one_of(each.trouble.kind, _TROUBLES))
        times.append((labels, each.times))
        longest.append((labels, each.longest.total_seconds()))
    yield gauge(
        "nextvisit_plugin_troubles",
        "What plugins were met with in calls, until a week without it.",
        kinds,
        times,
        joined_by=added,
    )
    yield gauge("nextvisit_plugin_longest_seconds", "The longest of those calls.", kinds, longest)


def _of_what_waits(work: Work, now: datetime, known: Known) -> Iterator[Metric]:
    origins = known.connections | _PAGES
    things: list[Row] = [((one_of(each.origin, origins), each.state), each.things) for each in work.arrived]
    oldest: list[Row] = [
        ((one_of(each.origin, origins), each.state), _span(now - each.oldest)) for each in work.arrived
    ]
    by = ("origin", "state")
    yield gauge("nextvisit_inbox_things", "Not done yet, or parked.", by, things, joined_by=added)
    yield gauge("nextvisit_inbox_oldest_seconds", "Age of the oldest of them.", by, oldest)
    told: list[Row] = [(("waiting",), work.outbox.count), (("failed",), work.outbox.failed)]
    yield gauge("nextvisit_outbox", "What Temporal is still to be told.", ("state",), told)
    yield gauge("nextvisit_outbox_oldest_seconds", "Age.", (), [((), _age(work.outbox.oldest, now))])
    owed = work.auto_replies
    replies: list[Row] = [(("waiting",), owed.waiting), (("lost",), owed.lost)]
    yield gauge(
        "nextvisit_auto_replies",
        "That wait; and emergency numbers that did not arrive within a day.",
        ("state",),
        replies,
    )
    yield gauge("nextvisit_auto_replies_oldest_seconds", "Age.", (), [((), _age(owed.oldest, now))])
    held: list[Row] = [((known.connection(slug), "record"), n) for slug, n in work.held_by_record.items()]
    yield gauge(
        "nextvisit_patients_held",
        "Who is not written to until a person sees to it, by what holds them.",
        ("connection", "by"),
        [*held, (("", "reply"), work.held_by_reply)],
        joined_by=added,
    )
    yield gauge("nextvisit_tasks_open", "By urgency.", ("urgent",), _tasks(work.tasks))


def _tasks(those: Sequence[OpenTasks]) -> list[Row]:
    urgent = sum(each.urgent for each in those)
    return [(("true",), urgent), (("false",), sum(each.count for each in those) - urgent)]


def _of_what_was_done(work: Work, known: Known) -> Iterator[Metric]:
    states = frozenset(get_args(MessageState))
    ledger: list[Row] = []
    skipped: list[Row] = []
    for each in work.messages:
        ledger.append(((known.campaign(each.campaign), one_of(each.state, states)), each.count))
        if each.reason is not None:
            skipped.append(((known.campaign(each.campaign), one_of(each.reason, _REASONS)), each.count))
    yield gauge(
        "nextvisit_messages",
        "The ledger, by state.",
        ("campaign", "state"),
        ledger,
        joined_by=added,
    )
    yield gauge(
        "nextvisit_messages_skipped",
        "Why messages were not sent, as the gate says it.",
        ("campaign", "reason"),
        skipped,
        joined_by=added,
    )
    journeys: list[Row] = [
        ((known.campaign(each.campaign), one_of(each.state, _OUTCOMES)), each.count) for each in work.journeys
    ]
    yield gauge(
        "nextvisit_journeys",
        "Open ones, and how the others ended.",
        ("campaign", "state"),
        journeys,
        joined_by=added,
    )
    day = work.today
    today: list[Row] = [((name,), getattr(day, name)) for name in type(day).__slots__]
    yield gauge("nextvisit_today", "Since midnight at the clinic.", ("what",), today)


def _age(oldest: datetime | None, now: datetime) -> float:
    return 0.0 if oldest is None else _span(now - oldest)


def _span(of: timedelta) -> float:
    return of.total_seconds()
