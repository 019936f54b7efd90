"""What a fact of the MIS means for one open journey, and where that waits when it cannot be said yet.

Only a campaign's version says which visits are its goal and which refusals are its own. When this release
cannot read the version, the fact is written all the same, and the journey's news is an inbox row of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from nextvisit.domain.consent import ConsentRules, Standing, Way, standing
from nextvisit.files.fault import InvalidFile
from nextvisit.flow.engine.events import GoalReached, PatientGone
from nextvisit.intake.programs import reaches_goal
from nextvisit.intake.verdict import Done, Parked, Verdict
from nextvisit.intake.wire import MisNews
from nextvisit.sdk.records import Specialty
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.journeys import journey_events, journeys
from nextvisit.store.people import consents
from nextvisit.store.queues import inbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nextvisit.domain.connections import Connections
    from nextvisit.domain.consent import ConsentEvent
    from nextvisit.sdk.records import Purpose
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.campaigns.programs import Programs

log = structlog.get_logger()

# A refusal needs no rules to be one; only permits have requirements and ends.
_ANY_RULES = ConsentRules(required=frozenset(), lasts=timedelta(days=36500))


async def tell_or_keep(
    tx: Tx, source: str, programs: Programs, connections: Connections, news: MisNews
) -> None:
    """Tell the journey; kept for a release that reads its campaign, if this one does not."""
    try:
        await _tell(tx, programs, connections, news)
    except InvalidFile as error:
        log.error("intake.campaign_unreadable", origin=source, journey=str(news.journey), code=error.code)  # noqa: TRY400
        body = news.model_dump_json().encode()
        # No two are the same: a fact is news in the transaction that writes it, and in no other.
        await inbox.put(tx, kind="mis_news", origin=source, dedupe=uuid4().hex, body=body)


async def receive_news(tx: Tx, programs: Programs, connections: Connections, body: bytes) -> Verdict:
    """What was kept; parked until the journey's campaign can be read."""
    try:
        await _tell(tx, programs, connections, MisNews.model_validate_json(body))
    except InvalidFile as error:
        return Parked(error.code)
    return Done()


async def _tell(tx: Tx, programs: Programs, connections: Connections, news: MisNews) -> None:
    journey = JourneyId(news.journey)
    head = await journeys.head(tx, journey)
    program = await programs.program(tx, head.campaign, head.version)
    if news.visit is not None:
        specialty = None if news.specialty is None else Specialty(news.specialty)
        if reaches_goal(program, specialty):
            await journey_events.tell(tx, journey, GoalReached(at=tx.now), f"goal:{news.visit}")
    elif _refused(await consents.events(tx, head.patient_id), program.purpose, connections, tx.now):
        gone = PatientGone(at=tx.now, reason="opted_out")
        await journey_events.tell(tx, journey, gone, "gone:opted_out")


def _refused(said: Sequence[ConsentEvent], purpose: Purpose, connections: Connections, now: datetime) -> bool:
    """On each channel of the site, and on one that it may have tomorrow."""
    ways = [None, *(Way(kind, space) for kind, space in connections.spaces.items())]
    return all(standing(said, purpose, way, now, _ANY_RULES) is Standing.DENIED for way in ways)
