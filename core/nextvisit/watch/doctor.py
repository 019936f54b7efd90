"""The one list of checks. Sends nothing to anybody; whoever shows or counts it asks here."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from nextvisit.domain.site import Site
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import Channel, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.programs import Programs
from nextvisit.watch import (
    calendars,
    campaigns,
    channels,
    equations,
    evidence,
    hearing,
    journeys,
    machine,
    people,
    plugins,
    queues,
    reading,
    refused_actions,
    restorations,
    roles,
    second_readers,
    servers,
)
from nextvisit.watch.finding import Ask, Check, Examined, examined, wrong
from nextvisit.watch.second_readers import Beside
from nextvisit.watch.servers import OtherSide


@dataclass(frozen=True, slots=True)
class Examinee:
    """What there is to ask.

    temporal: nobody but the composition root can connect to it; temporal_at: its host and port. programs:
    what campaigns run on; without them nobody can tell what a journey waits for. sync_every: how often each
    MIS is pulled. books: the connection that free times come from. api: host and port that the API listens
    on. others: whom each connection speaks to. folder: where the embedded servers keep their data, as far as
    is known here. patience: for one answer. second: who reads
    replies beside the rules. erased: about the list of who was erased. backup: how old the
    last one is. per_day: how many messages a day a
    connection takes, of those with a limit. Without a database nothing that it holds is asked.
    """

    database: Database | None
    temporal: Ask
    temporal_at: str
    site: Site
    mis: Mapping[str, MisAdapter]
    channels: Mapping[str, Channel]
    programs: Programs | None
    sync_every: Mapping[str, timedelta]
    books: str | None
    api: tuple[str, int]
    others: Mapping[str, OtherSide]
    folder: Path
    patience: timedelta
    second: Beside | None
    erased: Ask | None
    backup: Ask | None
    per_day: Mapping[str, int]


def checks(of: Examinee) -> Sequence[Check]:
    """All of them."""
    asked: list[Check] = []
    if of.database is not None:
        asked += _of_what_is_stored(of, of.database)
    else:
        asked.append(Check("disk", "appliance", partial(machine.disk_here, of.folder)))
        if of.second is not None:
            asked.append(_of_second_reader(of, None))
    do = f"see whether Temporal runs at {of.temporal_at} (`nextvisit up` starts its own)"
    return [
        *asked,
        Check("temporal", "appliance", of.temporal, do),
        Check("confinement", "appliance", machine.confinement),
        *servers.connections("mis", of.mis, of.others),
        *servers.connections("channel", of.channels, of.others),
    ]


def _of_what_is_stored(of: Examinee, database: Database) -> Sequence[Check]:
    appliance: Mapping[str, Ask] = {
        "database": partial(servers.database, database),
        "api port": partial(roles.api_port, database, of.api),
    }
    if of.erased is not None:
        appliance = {**appliance, "erased list": of.erased}
    return [
        *_appliance(appliance),
        _of_second_reader(of, database),
        *of_store(of, database),
        Check("free times", "campaign", partial(calendars.free_times, database, of.mis, of.books)),
    ]


def of_store(of: Examinee, database: Database) -> Sequence[Check]:
    """Those that the store alone answers: nothing of a MIS, a provider or this machine is asked, so that they
    may be asked again and again, and by a role that has no root key.
    """
    appliance: Mapping[str, Ask] = {
        "audit trail": partial(evidence.signed, database),
        "roles": partial(roles.running, database),
        "clocks": partial(machine.clocks, database),
        "disk": partial(machine.disk, database),
        "inbox": partial(queues.arrivals, database),
        "outbox": partial(queues.outgoing, database),
        "restore": partial(restorations.confirmed, database),
        "refused actions": partial(refused_actions.met, database),
        "auto-replies": partial(queues.written_back, database),
        "tasks": partial(people.tasks, database),
    }
    if of.backup is not None:
        appliance = {**appliance, "backup": of.backup}
    return [
        *_appliance(appliance),
        *of_campaigns(database, of.site, of.programs),
        Check("calls", "connection", partial(plugins.faultless, database, of.others)),
        Check("equations", "campaign", partial(equations.holding, database)),
        *of_channels(database, of.others),
        *_of_limits(database, of),
        *_of_readings(database, of.sync_every),
        *hearing.of_connections(database, of.mis, of.others),
        *hearing.of_connections(database, of.channels, of.others),
    ]


def _appliance(asked: Mapping[str, Ask]) -> Sequence[Check]:
    return [Check(what, "appliance", ask) for what, ask in asked.items()]


def _of_second_reader(of: Examinee, database: Database | None) -> Check:
    ask = partial(second_readers.reading, database, of.second, of.site.languages)
    return Check("second reader", "appliance", ask)


def of_mis(database: Database, sync_every: Mapping[str, timedelta]) -> Sequence[Check]:
    """What the reading of these connections asks of a person."""
    parked = Check("inbox", "appliance", partial(queues.parked_from, database, sync_every))
    return [*_of_readings(database, sync_every), parked]


def of_channels(database: Database, connections: Collection[str]) -> Sequence[Check]:
    """What sending by these connections asks of a person."""
    return [Check("channels", "campaign", partial(channels.working, database, connections))]


def _of_limits(database: Database, of: Examinee) -> Sequence[Check]:
    ask = partial(channels.today, database, of.per_day, of.site.zone)
    return [Check("daily limits", "connection", ask)] if of.per_day else []


def _of_readings(database: Database, sync_every: Mapping[str, timedelta]) -> Sequence[Check]:
    return [
        *(
            Check(f"reading {slug}", "connection", partial(reading.moving, database, slug, every), where=slug)
            for slug, every in sync_every.items()
        ),
        *(
            Check(f"records {slug}", "connection", partial(reading.understood, database, slug), where=slug)
            for slug in sync_every
        ),
    ]


def of_campaigns(
    database: Database, site: Site, programs: Programs | None, *, campaign: str | None = None
) -> Sequence[Check]:
    """What the campaigns ask of a person, or this one alone."""
    asked: dict[str, Ask] = {
        "campaigns": partial(campaigns.firing, database, site, campaign=campaign),
        "sends": partial(journeys.sending, database, campaign=campaign),
    }
    if programs is not None:
        asked["journeys"] = partial(journeys.moving, database, programs, campaign=campaign)
    return [Check(what, "campaign", ask) for what, ask in asked.items()]


async def examine(asked: Sequence[Check], patience: timedelta) -> Sequence[Examined]:
    """All of them, whatever the others answer."""
    return await asyncio.gather(*(_examine(each, patience) for each in asked))


async def _examine(check: Check, patience: timedelta) -> Examined:
    do = check.do or "see to what it names; the log of the roles has more"
    try:
        async with asyncio.timeout(patience.total_seconds()):
            findings = await check.ask()
    except NextVisitError as error:
        findings = [wrong("check.unanswered", str(error), do=do)]
    except TimeoutError:
        says = f"no answer within {patience.total_seconds():.0f} seconds"
        findings = [wrong("check.unanswered", says, do=do)]
    # A plugin may raise anything, and what it raises may show what it has read.
    except Exception:  # noqa: BLE001
        says = f"its check failed in a way that is no answer: a fault of the program behind {check.what}"
        do = f"tell the author of what `nextvisit plugins` names for {check.what}"
        findings = [wrong("check.broken", says, do=do)]
    named = [each if each.where else replace(each, where=check.where) for each in findings]
    return examined(check.what, check.reach, named)
