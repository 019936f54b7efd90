"""Messages through ledger, gate and a real server, and through a client library alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Final

from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from bench.clinic import ALWAYS_OPEN, SITE, SOURCE, STANDING, enrol, launch, move_in, three_steps
from bench.errors import BenchFailed
from bench.ground import Ground
from bench.libraries import smpp_library, smtp_library
from bench.measure import Result, Size, in_turns
from bench.providers import running_providers
from nextvisit.domain.connections import Connection, Connections
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Sent, Started
from nextvisit.flow.engine.follow import Began
from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.step import begin, step
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.ports import Channel
from nextvisit.sdk.records import ChannelKind
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS
from nextvisit.store.base.engine import Database
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.base.tables import JourneyRow, table_of
from nextvisit.store.journeys import journeys
from nextvisit_channel_email_smtp.channel import EmailSmtpChannel
from nextvisit_channel_sms_smpp.channel import SmsSmppChannel
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.send_message import SendsMessages
from nextvisit_workflows.runtime.versions import load_all
from nextvisit_workflows.runtime.wire import ActionIn, journey_workflow_id

NAME: Final = "sending"
_ABREAST: Final = 16
"""Activities at the same time, as in the worker."""


@dataclass(frozen=True, slots=True)
class _Extent:
    messages: int
    rounds: int


_EXTENT: Final[Mapping[Size, _Extent]] = {
    "full": _Extent(messages=120, rounds=3),
    "quick": _Extent(messages=60, rounds=1),
    "tiny": _Extent(messages=6, rounds=1),
}


@dataclass(slots=True)
class _Course:
    """One bench under way."""

    db: Database
    extent: _Extent
    _numbers: count[int] = field(default_factory=count)

    async def ours(self, can: ChannelCapabilities, channel: Channel) -> float:
        """Messages a second through the activity."""
        kind = can.kind
        asked = await self._asked(kind)
        equipment = Equipment(
            db=self.db,
            channels={kind: channel},
            connections=Connections((Connection(kind, can),)),
            mis={},
            booking_mis=SOURCE,
            site=SITE,
            clock=STANDING,
            policy=ALWAYS_OPEN,
        )
        activity = SendsMessages(equipment)
        gate = asyncio.Semaphore(_ABREAST)

        async def one(action: ActionIn) -> bool:
            async with gate:
                done = await _within(action).run(activity.send_message, action)
                return isinstance(done.result, Sent)

        began = time.perf_counter()
        sent = await asyncio.gather(*(one(action) for action in asked))
        seconds = time.perf_counter() - began
        await channel.close()
        if not all(sent):
            raise BenchFailed(f"{sent.count(False)} of {len(sent)} messages did not go out")
        return len(sent) / seconds

    async def _asked(self, kind: ChannelKind) -> Sequence[ActionIn]:
        """What Temporal would ask the activity for: the first message of fresh journeys."""
        campaign = three_steps(f"turn{next(self._numbers)}", kind)
        await launch(self.db, campaign)
        await load_all(self.db)  # as a worker does before it polls
        await enrol(self.db, campaign, kind, self.extent.messages)
        program = campaign.program(kind)
        table = table_of(JourneyRow)
        async with self.db.transaction() as tx:
            mine = select(table.c.id).where(table.c.campaign == program.campaign)
            ids = (await tx.connection.execute(mine)).scalars().all()
            heads = [await journeys.head(tx, JourneyId(each)) for each in ids]
        return [_first_action(program, str(head.id), head.enrolled_at) for head in heads]


def _first_action(program: Program, journey: str, at: datetime) -> ActionIn:
    _, (effect,) = step(program, begin(program, at), Started(at=at, flags=()))
    if not isinstance(effect, SendMessage):
        raise BenchFailed("the campaign does not begin with a message")
    return ActionIn(journey, 1, (Began(at),), effect.node, effect.occurrence)


def _within(asked: ActionIn) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    workflow = journey_workflow_id(asked.journey)
    environment.info = replace(environment.info, workflow_id=workflow, activity_type=SendMessage.activity)
    return environment


async def run(ground: Ground, size: Size) -> list[Result]:
    """The servers are Python too and share the machine, so the baselines are theirs as well."""
    extent = _EXTENT[size]
    async with (
        running_providers(ground.folder / "sandbox") as providers,
        ground.database() as place,
        place.opened(STANDING) as db,
    ):
        await move_in(db, extent.messages, STANDING)
        course = _Course(db, extent)
        rates = await in_turns(
            extent.rounds,
            {
                "email": lambda: course.ours(MAILS, EmailSmtpChannel(providers.email())),
                "smtp": lambda: smtp_library(providers, extent.messages),
                "sms": lambda: course.ours(TEXTS, SmsSmppChannel(providers.sms())),
                "smpp": lambda: smpp_library(providers, extent.messages),
            },
        )
    return [
        Result(NAME, "SMTP messages", "/s", rates["email"], "aiosmtplib in a loop", rates["smtp"]),
        Result(NAME, "SMPP messages", "/s", rates["sms"], "smpplib in a loop", rates["smpp"]),
    ]
