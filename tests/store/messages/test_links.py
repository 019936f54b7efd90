"""Links: tokens that the database itself cannot give away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.sdk.channels import MessageId
from nextvisit.store.base.engine import Database
from nextvisit.store.messages import links
from tests.world.clock import NOW, SetClock
from tests.world.rows import PURPOSE, a_journey, a_send, plan, rows_of

pytestmark = pytest.mark.anyio

END = NOW + timedelta(days=30)


async def _message(database: Database) -> MessageId:
    head = await a_journey(database)
    async with database.transaction() as tx:
        return (await plan(tx, head, a_send())).id


async def test_a_retry_yields_the_same_token(database: Database) -> None:
    message = await _message(database)
    tokens = []
    for _ in range(2):
        async with database.transaction() as tx:
            tokens.append(
                list(
                    (await links.mint(tx, message, {"page": END, "pixel": END, "unsubscribe": END})).values()
                )
            )
    assert tokens[0] == tokens[1]
    assert len(set(tokens[0])) == 3
    assert all(len(token) >= 22 and token.replace("-", "").replace("_", "").isalnum() for token in tokens[0])
    rows = await rows_of(database, "SELECT l::text FROM link l")
    assert len(rows) == 3
    assert not any(token in row[0] for row in rows for token in tokens[0])


async def test_a_token_leads_to_its_message_and_says_when_it_has_run_out(
    database: Database, clock: SetClock
) -> None:
    message = await _message(database)
    async with database.transaction() as tx:
        token = (await links.mint(tx, message, {"page": END}))["page"]
        found = await links.resolve(tx, token)
        assert await links.resolve(tx, token[:-1] + ("A" if token[-1] != "A" else "Q")) is None
    assert found is not None
    assert (found.kind, found.message_id, found.campaign, found.purpose) == (
        "page",
        message,
        "recall",
        PURPOSE,
    )
    assert not found.over
    clock.instant = END
    async with database.transaction() as tx:
        ended = await links.resolve(tx, token)
    assert ended is not None
    assert ended.over


async def test_the_patient_s_first_use_is_told_from_a_machine_s(database: Database, clock: SetClock) -> None:
    message = await _message(database)
    async with database.transaction() as tx:
        token = (await links.mint(tx, message, {"page": END}))["page"]
        await links.prefetched(tx, token)
        await links.prefetched(tx, token)
        before = await links.resolve(tx, token)
        await links.used(tx, token)
    clock.move(timedelta(hours=1))
    async with database.transaction() as tx:
        await links.used(tx, token)
        after = await links.resolve(tx, token)
    assert before is not None
    assert after is not None
    assert (before.prefetched, before.used_at, after.used_at) == (2, None, NOW)
