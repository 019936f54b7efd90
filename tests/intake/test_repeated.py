"""What a provider says twice is heard once, and what was written before a question answers another one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from nextvisit.flow.engine.events import Replied
from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus, InboundMessage
from nextvisit.sdk.records import MisRef
from nextvisit.sdk.replies import Intent
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.queues import inbox
from tests.world.clinic import Clinic
from tests.world.clock import SetClock
from tests.world.records import PHONE, a_patient

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


async def invited(clinic: Clinic) -> JourneyId:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(MisRef("Patient/1"))
    await clinic.a_message(journey, to=PHONE)
    return journey


async def told(clinic: Clinic, *events: InboundMessage | DeliveryReport, call: str) -> None:
    await clinic.tell(*events, dedupe=call)
    await clinic.drain()


async def heard(clinic: Clinic, journey: JourneyId) -> list[tuple[Intent, int | None]]:
    return [(each.intent, each.choice) for each in await clinic.heard(journey) if isinstance(each, Replied)]


async def test_an_answer_that_comes_again_beside_a_later_one_is_heard_once(clinic: Clinic) -> None:
    """A "yes" that was taken back may not stand last."""
    journey = await invited(clinic)
    yes = InboundMessage(PHONE, "tak", provider_ref="wamid.A")
    no = InboundMessage(PHONE, "nie", provider_ref="wamid.B")
    await told(clinic, yes, call="1")
    await told(clinic, yes, no, call="2")
    await told(clinic, yes, DeliveryReport(DeliveryStatus.READ, "p1"), call="3")
    assert [intent for intent, _ in await heard(clinic, journey)] == [Intent.WANTS_VISIT, Intent.DECLINES]


async def test_what_is_processed_again_is_heard_again_by_its_own_name(clinic: Clinic) -> None:
    """A row that was parked for one event keeps what its others said."""
    journey = await invited(clinic)
    yes = InboundMessage(PHONE, "tak", provider_ref="wamid.A")
    await told(clinic, yes, DeliveryReport(DeliveryStatus.READ, "unknown"), call="1")
    for _ in range(inbox.MAX_ATTEMPTS):
        await clinic.rows("UPDATE inbox SET retry_at_wall = NULL RETURNING id")
        await clinic.drain()
    async with clinic.db.transaction() as tx:
        assert await inbox.replay(tx) == 1
    await clinic.drain()
    assert [intent for intent, _ in await heard(clinic, journey)] == [Intent.WANTS_VISIT]


@pytest.mark.parametrize(
    "other",
    [
        InboundMessage(PHONE, "nie", provider_ref="wamid.A"),  # edited
        InboundMessage(PHONE, "tak", provider_ref="wamid.B"),  # written again
        InboundMessage(PHONE, "tak", provider_ref="wamid.A", at=datetime.fromisoformat("2026-03-01T09:00Z")),
        InboundMessage(PHONE, "tak"),  # from who gives no id
    ],
)
async def test_what_is_not_the_same_is_heard(clinic: Clinic, other: InboundMessage) -> None:
    journey = await invited(clinic)
    await told(clinic, InboundMessage(PHONE, "tak", provider_ref="wamid.A"), call="1")
    await told(clinic, other, call="2")
    assert len(await heard(clinic, journey)) == 2


async def test_the_same_words_under_an_id_that_comes_round_again_are_new(
    clinic: Clinic, clock: SetClock
) -> None:
    journey = await invited(clinic)
    words = InboundMessage(PHONE, "tak", provider_ref="17")
    await told(clinic, words, call="1")
    clock.move(timedelta(hours=1))
    await told(clinic, words, call="2")
    assert len(await heard(clinic, journey)) == 1
    clock.move(timedelta(days=1))
    await told(clinic, words, call="3")
    assert len(await heard(clinic, journey)) == 2


async def test_a_choice_that_was_written_before_the_times_were_offered_books_nothing(
    clinic: Clinic, clock: SetClock
) -> None:
    """It chose among those that were offered before; a person reads it."""
    journey = await invited(clinic)
    first = await clinic.an_offer(journey, occurrence=1)
    await clinic.a_message(journey, node="book", offer=first.id, provider_ref="pA")
    wrote = clock.now() + MINUTE
    clock.move(22 * MINUTE)
    second = await clinic.an_offer(journey, occurrence=2)
    await clinic.a_message(journey, node="again", offer=second.id, provider_ref="pB")
    clock.move(MINUTE)
    await told(clinic, InboundMessage(PHONE, "1", provider_ref="wamid.A", at=wrote), call="1")
    assert await heard(clinic, journey) == []
    assert await clinic.rows("SELECT reason FROM task") == [("overtaken",)]
    await told(clinic, InboundMessage(PHONE, "1", provider_ref="wamid.B", at=clock.now()), call="2")
    assert await heard(clinic, journey) == [(Intent.CHOICE, 1)]


async def test_a_provider_whose_clock_is_slow_says_nothing_of_the_first_question(
    clinic: Clinic, clock: SetClock
) -> None:
    journey = await invited(clinic)
    await told(clinic, InboundMessage(PHONE, "tak", at=clock.now() - 30 * MINUTE), call="1")
    assert [intent for intent, _ in await heard(clinic, journey)] == [Intent.WANTS_VISIT]


async def test_a_stop_is_heard_whenever_it_was_written(clinic: Clinic, clock: SetClock) -> None:
    journey = await invited(clinic)
    wrote = clock.now() + MINUTE
    clock.move(22 * MINUTE)
    await clinic.a_message(journey, node="again", provider_ref="pB")
    await told(clinic, InboundMessage(PHONE, "STOP", provider_ref="wamid.A", at=wrote), call="1")
    assert await clinic.rows("SELECT 1 FROM consent_event WHERE origin = 'reply'")
