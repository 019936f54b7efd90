"""The worker role as production composes it, as a process; its channel records instead of sending."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop

from bench.child import answer, own_cpu_ms, questions
from bench.clinic import ALWAYS_OPEN, SITE, SOURCE
from bench.ground import POOL_SIZE
from nextvisit.clock import ScaledClock
from nextvisit.domain.connections import Connection, Connections
from nextvisit.flow.engine.events import Replied
from nextvisit.sdk.channels import Accepted, OutgoingMessage
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from nextvisit.store.base.engine import Database
from nextvisit.store.journeys import journey_events
from nextvisit.store.messages import ledger
from nextvisit.store.vault.keys import Vault
from nextvisit.watch.logs import configure_logging
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.runtime.converter import Frontend, connect
from nextvisit_workflows.runtime.relay import Relay
from nextvisit_workflows.runtime.worker import running_worker

ANSWERS_MESSAGE = 3
"""Which message of a journey the patient answers."""
ANSWERS_AFTER = 0.1
"""Wall seconds."""


class AnsweringChannel(FakeChannel):
    """A channel whose patients answer the last message, if `answering`."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.answering = True
        self._db = db
        self._messages: Counter[str] = Counter()
        self._answers: set[asyncio.Task[None]] = set()

    async def send(self, message: OutgoingMessage) -> Accepted:
        """See `Channel`."""
        accepted = await super().send(message)
        self._messages[message.to] += 1
        if self.answering and self._messages[message.to] % ANSWERS_MESSAGE == 0:
            task = asyncio.create_task(self._answer(message))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        return accepted

    async def _answer(self, message: OutgoingMessage) -> None:
        await asyncio.sleep(ANSWERS_AFTER)
        async with self._db.transaction() as tx:
            answered = await ledger.get(tx, message.id)
            event = Replied(at=tx.now, intent=Intent.WANTS_VISIT)
            await journey_events.tell(tx, answered.journey_id, event, f"reply:{message.id}")


@asynccontextmanager
async def _working(opening: Mapping[str, Any]) -> AsyncIterator[AnsweringChannel]:
    clock = ScaledClock.from_json(opening["clock"])
    db = await Database.open(
        opening["dsn"], Vault.from_file(Path(opening["vault_file"])), clock, pool_size=POOL_SIZE
    )
    try:
        channel = AnsweringChannel(db)
        equipment = Equipment(
            db=db,
            channels={"sms": channel},
            connections=Connections((Connection("sms", TEXTS),)),
            mis={},
            booking_mis=SOURCE,
            site=SITE,
            clock=clock,
            policy=ALWAYS_OPEN,
        )
        async with db.transaction() as tx:
            keys = tx.vault.payload_keys()
        client = await connect(Frontend(opening["address"], opening["namespace"]), keys)
        async with running_worker(client, equipment, sandboxed=opening["sandboxed"]):
            relaying = asyncio.create_task(Relay(db, client).run())
            yield channel
            relaying.cancel()
            await asyncio.gather(relaying, return_exceptions=True)
    finally:
        await db.close()


async def _main() -> None:
    configure_logging("bench worker", level=logging.WARNING)
    asked = questions()
    async with _working(await anext(asked)) as channel:
        answer(ready=True)
        async for question in asked:
            if question["ask"] == "answering":
                channel.answering = question["answering"]
            answer(cpu_ms=own_cpu_ms())


if __name__ == "__main__":
    uvloop.run(_main())  # what the roles run on
    os._exit(0)  # the Temporal client's threads may abort an ordinary exit
