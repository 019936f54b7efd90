"""A demo whose mail server is away for hours, and its message centre for longer than a message waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from nextvisit.domain.contact_reason import Reason
from nextvisit.store.campaigns import report
from nextvisit.store.campaigns.report import Report
from nextvisit_demo.setup import CAMPAIGN
from tests.demo import promises
from tests.demo.driver import Ended, Running, patiently, run_demo

FACTOR = 8640.0

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True)
class Survivor:
    """The ended demo, and its report without the mail server, and at the beginning and the end of the
    message centre's outage.
    """

    ended: Ended
    without_mail: Report
    without_texts: Report
    after_long: Report


@pytest.fixture(scope="module")
def survivor(demo_folder: Callable[[str], Path]) -> Survivor:
    seen: list[Report] = []

    async def look(running: Running) -> Report:
        found: Report = await patiently(running.appliance, lambda tx: report.campaign_report(tx, CAMPAIGN))
        return found

    async def disturb(running: Running) -> None:
        # Before the first firing at ten, so that no mail is cut off in the middle.
        await running.control("smtp/down")
        while (await look(running)).audience.at_first_firing is None:
            await asyncio.sleep(0.2)
        await running.until(running.clock.now() + timedelta(hours=6))
        seen.append(await look(running))
        # Those without e-mail have had their texts; the others' follow the mails after a day, and wait three.
        await running.control("smpp/down")
        await running.control("smtp/up")
        # What the centre has taken just now is written down a moment later.
        while _sent(shown := await look(running), "sms") < await running.texts_taken():
            await asyncio.sleep(0.2)
        seen.append(shown)
        # Mails that had waited for hours have gone to the texts' rung, with the same reason.
        mails = (await look(running)).skipped.get(Reason.CHANNEL_DOWN, 0)
        while (shown := await look(running)).skipped.get(Reason.CHANNEL_DOWN, 0) <= mails:
            assert running.clock.now() < running.at(12), f"{shown.skipped} after so long"
            await asyncio.sleep(0.2)
        seen.append(shown)
        await running.control("smpp/up")

    ended = run_demo(demo_folder("outages"), factor=FACTOR, disturb=disturb)
    return Survivor(ended, *seen)


def _sent(shown: Report, channel: str) -> int:
    return sum(each.sent for each in shown.channels if each.channel == channel)


def test_hours_without_a_mail_server_expel_nobody(survivor: Survivor) -> None:
    shown = survivor.without_mail
    assert shown.audience.contacted >= 20, survivor.ended.folder
    assert _sent(shown, "email") == 0, survivor.ended.folder
    assert not shown.skipped.keys() & {"deadline_passed", "deadline_too_near"}, survivor.ended.folder
    # Who was to have a mail has had a text after four hours, or the mail once its server was back.
    after = survivor.ended.verdict.report
    assert _sent(after, "email") > 0, survivor.ended.folder
    assert _sent(after, "email") + _sent(after, "sms") >= 20, survivor.ended.folder
    assert after.skipped.get(Reason.CHANNEL_DOWN, 0) > 0, survivor.ended.folder


def test_what_waits_longer_than_its_deadline_is_skipped_with_that_reason(survivor: Survivor) -> None:
    assert _sent(survivor.after_long, "sms") == _sent(survivor.without_texts, "sms"), survivor.ended.folder
    assert survivor.after_long.skipped.get(Reason.CHANNEL_DOWN, 0) > 0, (
        f"{survivor.after_long.skipped} in {survivor.ended.folder}"
    )
    assert Reason.DEADLINE_PASSED not in survivor.after_long.skipped, survivor.ended.folder


def test_afterwards_texts_go_out_again(survivor: Survivor) -> None:
    assert _sent(survivor.ended.verdict.report, "sms") > 0, survivor.ended.folder


def test_every_promise_holds_after_outages(survivor: Survivor) -> None:
    promises.all_hold(survivor.ended, cut=2)
