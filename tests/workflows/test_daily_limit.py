"""A connection is given as many messages a day as the settings let it; the others wait for the next one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from temporalio.testing import ActivityEnvironment

from nextvisit.clock import Clock
from nextvisit.desk import channels
from nextvisit.domain.connections import Connection, Connections
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import Deferred, SendFailed, Sent, Skipped
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.store.base.ids import JourneyId
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.send_message import SendsMessages
from nextvisit_workflows.runtime.wire import ActionOut
from tests.world.clock import NOW, SetClock
from tests.world.rows import a_send, a_state
from tests.world.workers import WorkingClinic, within

pytestmark = pytest.mark.anyio

MIDNIGHT = datetime(2026, 3, 3, tzinfo=ZoneInfo("Europe/Warsaw"))


@pytest.fixture
def clock() -> Clock:
    """Stands still until a test moves it."""
    return SetClock()


def _limited(clinic: WorkingClinic, per_day: int = 1, *more: Connection) -> Equipment:
    given = clinic.equipment
    mail, text = given.connections.listed
    return replace(given, connections=Connections((replace(mail, per_day=per_day), text, *more)))


def _send(**changes: object) -> SendMessage:
    return replace(a_send(deadline=NOW + timedelta(days=3)), **changes)  # type: ignore[arg-type]


async def _attempt(
    clinic: WorkingClinic, journey: JourneyId, equipment: Equipment, send: SendMessage | None = None
) -> ActionOut:
    """One attempt of the activity, as Temporal would make it."""
    wanted = send or _send()
    asked = await clinic.asking(journey, wanted, a_state(wanted.node))
    env: ActivityEnvironment = within(journey, wanted)
    done: ActionOut = await env.run(SendsMessages(equipment).send_message, asked)
    return done


async def _used(clinic: WorkingClinic, equipment: Equipment) -> tuple[int | None, int | None]:
    mail, _ = await channels.status(clinic.db, equipment.connections, equipment.site.zone)
    return mail.today, mail.per_day


async def test_what_is_over_waits_for_the_next_day_with_its_reason(
    clinic: WorkingClinic, clock: SetClock
) -> None:
    first, second = await clinic.enrol(2)
    limited = _limited(clinic)
    assert isinstance((await _attempt(clinic, first, limited)).result, Sent)
    over = (await _attempt(clinic, second, limited)).result
    assert isinstance(over, Deferred)
    assert (over.reason, over.until) == ("daily_limit", MIDNIGHT)
    assert (await _used(clinic, limited)) == (1, 1)
    clock.move(over.until - clock.now())
    assert isinstance((await _attempt(clinic, second, limited)).result, Sent)
    assert len(clinic.email.sent) == 2


async def test_it_waits_for_the_first_hour_at_which_it_may_go_out(clinic: WorkingClinic) -> None:
    first, second = await clinic.enrol(2)
    limited = replace(_limited(clinic), policy=DEFAULT_POLICY)
    await _attempt(clinic, first, limited)
    over = (await _attempt(clinic, second, limited)).result
    assert isinstance(over, Deferred)
    local = over.until.astimezone(MIDNIGHT.tzinfo)
    assert (local.date(), local.hour) == (MIDNIGHT.date(), DEFAULT_POLICY.windows[_send().purpose].opens.hour)


async def test_workers_that_send_at_once_send_no_more_than_the_limit(clinic: WorkingClinic) -> None:
    journeys = await clinic.enrol(6)
    limited = _limited(clinic, 2)
    tried = (_attempt(clinic, journey, limited) for journey in journeys)
    await asyncio.gather(*tried, return_exceptions=True)
    assert len(clinic.email.sent) == 2
    assert (await _used(clinic, limited)) == (2, 2)


async def test_what_its_provider_did_not_take_is_not_counted(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    limited = _limited(clinic)
    clinic.email.fail_next(RetryLater("smtp.450", scope="recipient"))
    with pytest.raises(Exception, match=r"smtp\.450"):
        await _attempt(clinic, journey, limited)
    assert (await _used(clinic, limited)) == (0, 1)
    assert isinstance((await _attempt(clinic, journey, limited)).result, Sent)


async def test_what_is_never_shown_to_its_provider_is_not_counted(clinic: WorkingClinic) -> None:
    (journey,) = await clinic.enrol()
    limited = _limited(clinic)
    mail, text = limited.connections.listed
    short = replace(limited, connections=Connections((replace(mail, can=replace(mail.can, longest=1)), text)))
    assert isinstance((await _attempt(clinic, journey, short)).result, SendFailed)
    assert (await _used(clinic, limited)) == (0, 1)


async def test_another_connection_of_the_kind_takes_what_is_over(clinic: WorkingClinic) -> None:
    first, second = await clinic.enrol(2)
    spare = FakeChannel(clinic.email.capabilities)
    limited = _limited(clinic, 1, Connection("spare", spare.capabilities, priority=2))
    limited = replace(limited, channels={**limited.channels, "spare": spare})
    mail, text, other = limited.connections.listed
    listed = (replace(mail, priority=3), text, other)
    limited = replace(limited, connections=Connections(listed))
    for journey in (first, second):
        assert isinstance((await _attempt(clinic, journey, limited)).result, Sent)
    assert (len(clinic.email.sent), len(spare.sent)) == (1, 1)


async def test_a_message_that_would_outlast_its_deadline_goes_to_the_next_rung(clinic: WorkingClinic) -> None:
    first, second = await clinic.enrol(2)
    limited = _limited(clinic)
    await _attempt(clinic, first, limited)
    over = (await _attempt(clinic, second, limited, _send(deadline=NOW + timedelta(hours=2)))).result
    assert isinstance(over, Skipped)
    assert (over.reason, over.scope) == ("daily_limit", "rung")
