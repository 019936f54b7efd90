"""Patients' runs through campaigns: which there are, what happened in one, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from nextvisit.desk.known import require_campaign
from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.events import PatientGone
from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import load_files
from nextvisit.sdk.errors import Bug, ConfigError
from nextvisit.sdk.records import ChannelKind
from nextvisit.segments.words import in_words
from nextvisit.store.base.engine import Database, Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.campaigns import campaigns
from nextvisit.store.journeys import journey_events, journeys, stories
from nextvisit.store.journeys.journeys import JourneyHead
from nextvisit.store.journeys.stories import Story
from nextvisit.store.people import consents, related
from nextvisit.store.people.consents import Told


async def listing(
    database: Database, *, campaign: str | None, open_only: bool, limit: int
) -> Sequence[JourneyHead]:
    """With the step that each is at. Raises ConfigError when there is no such campaign."""
    async with database.transaction() as tx:
        if campaign is not None:
            await require_campaign(tx, campaign)
        return await journeys.listing(
            tx, journeys.Filters(campaign=campaign, open_only=open_only, limit=limit)
        )


async def story(database: Database, journey: UUID) -> Story:
    """What happened, in order: no name, no text. Raises ConfigError when there is no such journey."""
    async with database.transaction() as tx:
        return await _story(tx, journey)


Ladder = tuple[tuple[ChannelKind, ...], ...]
"""Rung by rung, the channels of this site that are tried in turn."""


async def ladder(database: Database, story: Story, usable: frozenset[ChannelKind]) -> Ladder:
    """Of its campaign's version, which is read only when a decision of the story speaks of a channel."""
    if all(each.reason != Reason.NO_ADDRESS for each in story.decisions):
        return ()
    async with database.transaction() as tx:
        loaded = load_files(await campaigns.load_files(tx, story.head.version))
    return _ladder(compile_campaign(loaded, usable=usable))


def _ladder(program: Program) -> Ladder:
    return tuple(rung.channels for rung in program.ladder)


StopReason = Literal["patient_asked", "seen_to", "mistake", "other"]
"""Why a person stops one: the patient asked for it; the matter is seen to; it should never have begun."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A story with what it rests on.

    segment: whom the journey's campaign version is for, in words. conditions: those that held for the
        patient when they were enrolled, by name, in words. ladder: as `ladder` gives it.
    """

    story: Story
    segment: str
    conditions: Mapping[str, str]
    ladder: Ladder
    consent: Sequence[Told]


async def why(database: Database, journey: UUID, by: str, usable: frozenset[ChannelKind]) -> Explained:
    """Why this patient was contacted, or was not. The look is audited. Raises ConfigError as `story` does."""
    async with database.transaction(actor=by) as tx:
        told = await _story(tx, journey)
        loaded = load_files(await campaigns.load_files(tx, told.head.version))
        program = compile_campaign(loaded, usable=usable)
        patient = told.head.patient_id
        guardians = await related.addresses_of_guardians(tx, patient)
        consent = await consents.told(tx, patient, at=guardians)
        tx.audit(Entry("journey.explained", "journey", str(told.head.id)))
    return Explained(
        story=told,
        segment=in_words(loaded.model.enrol.segment.to_predicate()),
        conditions={flag: in_words(program.conditions[flag]) for flag in told.head.flags},
        ladder=_ladder(program),
        consent=consent,
    )


async def stop(database: Database, journey: UUID, reason: StopReason, by: str) -> bool:
    """End this one, and nothing else. False when it had ended. Raises ConfigError as `story` does."""
    async with database.transaction(actor=by) as tx:
        head = (await _story(tx, journey)).head
        if head.outcome is not None:
            return False
        await journey_events.tell(tx, head.id, PatientGone(at=tx.now, reason="staff"), "gone:staff")
        tx.audit(Entry("journey.stopped", "journey", str(head.id), body={"reason": reason}))
        return True


async def _story(tx: Tx, journey: UUID) -> Story:
    try:
        return await stories.story(tx, JourneyId(journey))
    except Bug as error:
        if error.code != "journey.unknown":
            raise
        raise ConfigError("journey.unknown", "there is no such journey", place=str(journey)) from error
