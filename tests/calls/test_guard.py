"""Whatever a plugin does in a call, its caller gets an answer or an error of ours, in time, and it is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog

from nextvisit.calls.answers import AT_ONCE, AWAITED, IN_PAGES, PARSING, SERVING
from nextvisit.calls.guard import PAGE, Whose, guarded
from nextvisit.calls.troubles import Trouble, Troubles
from nextvisit.sdk import ports
from nextvisit.sdk.channels import Accepted, MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.errors import Bug, NextVisitError, OutcomeUnknown, Rejected, RetryLater, SlotTaken
from nextvisit.sdk.ports import (
    AnswersWebhooks,
    Books,
    FindsSlots,
    Listens,
    ListensWhereItSends,
    Lists,
    MisAdapter,
)
from nextvisit.sdk.records import BookingRequest, Cursor, MisRef, RawBatch
from nextvisit.sdk.testing.fake_channel import FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from tests.calls import wrong
from tests.calls.wrong import ERRORS, NAIVE, Does, WrongChannel, WrongMis, raises
from tests.world.records import CANARY, PHONE, a_slot

pytestmark = pytest.mark.anyio

SOON = timedelta(milliseconds=50)
LATE = timedelta(minutes=10)
MESSAGE = OutgoingMessage(MessageId("m1"), PHONE, ShortText("hello"), "en")
REQUEST = BookingRequest("b1", MisRef("Patient/1"), a_slot())


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


def mis(does: Does, troubles: Troubles, patience: timedelta = LATE) -> WrongMis:
    return guarded(WrongMis(does), Whose("his", "acme"), troubles, patience)


def sms(does: Does, troubles: Troubles, patience: timedelta = LATE) -> WrongChannel:
    return guarded(WrongChannel(does), Whose("text", "pigeon"), troubles, patience)


def paged(pages: Callable[[Cursor | None], AsyncIterator[Any]], troubles: Troubles) -> WrongMis:
    plugin = WrongMis(wrong.waits_for_ever)
    vars(plugin)["changes"] = pages
    return guarded(plugin, Whose("his", "acme"), troubles, LATE)


def met(troubles: Troubles) -> list[Trouble]:
    return [each.trouble for each in troubles.take()]


def test_every_method_of_every_port_is_called_through_a_guard() -> None:
    """A new one needs its line in `calls.answers`.

    An inbox and a pace are ours, and a second reader has a place of its own (`intake.second_reader`).
    """
    named = {
        method
        for name, port in vars(ports).items()
        if getattr(port, "_is_protocol", False)
        and name not in {"Inbox", "ReadsIntent", "RequestPace", "Protocol"}
        for method in vars(port)
        if not method.startswith("_")
    }
    assert named == AWAITED.keys() | IN_PAGES.keys() | AT_ONCE.keys() | PARSING | SERVING


def test_it_passes_for_its_plugin_and_for_nothing_more(troubles: Troubles) -> None:
    plain = guarded(FakeMis(), Whose("his", "fake"), troubles, LATE)
    for port in (MisAdapter, Books, FindsSlots, Lists, Listens, ListensWhereItSends, AnswersWebhooks):
        assert isinstance(plain, port) == isinstance(FakeMis(), port)
    channel = guarded(FakeChannel(), Whose("text", "fake"), troubles, LATE)
    assert not isinstance(channel, Listens)
    assert channel.sent == []


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
async def test_what_is_no_error_of_the_sdk_becomes_one_without_its_words(
    error: BaseException, troubles: Troubles
) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(Bug) as caught:
        await mis(raises(error), troubles).check()
    kind = "RuntimeError" if isinstance(error, StopAsyncIteration) else type(error).__name__
    assert caught.value.code == "plugin.raised"
    assert "acme" in str(caught.value)
    assert kind in str(caught.value) or isinstance(error, StopAsyncIteration)
    assert CANARY not in str(caught.value) + repr(logs)
    assert caught.value.__cause__ is None
    (one,) = met(troubles)
    assert (one.connection, one.plugin, one.method, one.kind) == ("his", "acme", "check", "raised")
    if not isinstance(error, asyncio.CancelledError):
        assert "wrong.py:" in one.place


async def test_after_a_send_or_a_booking_that_failed_so_nobody_knows(troubles: Troubles) -> None:
    """A repetition might write to the patient twice."""
    with pytest.raises(OutcomeUnknown, match=r"plugin\.raised"):
        await sms(raises(ValueError(CANARY)), troubles).send(MESSAGE)
    with pytest.raises(OutcomeUnknown, match=r"plugin\.slow"):
        await sms(wrong.waits_for_ever, troubles, SOON).send(MESSAGE)
    with pytest.raises(OutcomeUnknown, match=r"plugin\.returned"):
        await sms(lambda: None, troubles).send(MESSAGE)
    with pytest.raises(OutcomeUnknown, match=r"plugin\.returned"):
        await mis(lambda: replace(wrong.A_REF, ref=MisRef("")), troubles).book(REQUEST)
    assert [each.kind for each in met(troubles)] == ["raised", "slow", "returned", "returned"]


@pytest.mark.parametrize(
    "error", [RetryLater("a"), Rejected("b"), SlotTaken(), OutcomeUnknown("c")], ids=lambda each: each.code
)
async def test_the_errors_of_the_sdk_pass_and_are_no_trouble(
    error: NextVisitError, troubles: Troubles
) -> None:
    with pytest.raises(type(error)) as caught:
        await mis(raises(error), troubles).book(REQUEST)
    assert caught.value is error
    with pytest.raises(type(error)):
        mis(raises(error), troubles).parse(b"")
    assert met(troubles) == []


@pytest.mark.parametrize("does", [wrong.waits_for_ever, wrong.will_not_be_told])
async def test_a_call_that_does_not_come_back_is_given_up(does: Does, troubles: Troubles) -> None:
    """Also one that takes no notice of being cancelled."""
    wrong.LET_GO.clear()
    try:
        with pytest.raises(RetryLater, match=r"plugin\.slow"):
            await asyncio.wait_for(mis(does, troubles, SOON).check(), 120)
    finally:
        wrong.LET_GO.set()
    assert [(each.method, each.kind) for each in met(troubles)] == [("check", "slow")]


async def test_who_is_told_to_end_may_say_what_became_of_it(troubles: Troubles) -> None:
    async def accepted() -> Accepted:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Accepted("p1")
        raise AssertionError

    assert await sms(accepted, troubles, SOON).send(MESSAGE) == Accepted("p1")


async def test_each_page_has_a_deadline_and_all_of_them_have_none(
    troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def many(_since: Cursor | None) -> AsyncIterator[RawBatch]:
        for number in range(20):
            yield RawBatch(b"", Cursor(str(number)), 1)

    given, wait = list[float](), asyncio.wait

    async def noted(those: Any, *, timeout: float, **how: Any) -> Any:  # noqa: ASYNC109 - as asyncio's
        given.append(timeout)
        return await wait(those, timeout=timeout, **how)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "wait", noted)
        assert len([each async for each in paged(many, troubles).changes(None)]) == 20
    assert given == [(LATE * PAGE).total_seconds()] * 21
    turned = mis(wrong.waits_for_ever, troubles, SOON).changes(None)
    await anext(turned)
    with pytest.raises(RetryLater, match=r"plugin\.slow"):
        await anext(turned)
    assert [(each.method, each.kind) for each in met(troubles)] == [("changes", "slow")]


@pytest.mark.parametrize(
    "page",
    [None, "page", RawBatch("text", Cursor("1"), 1), RawBatch(b"", Cursor("1"), 1, newest=NAIVE)],  # type: ignore[arg-type]
    ids=["nothing", "text", "text for bytes", "no zone"],
)
async def test_a_page_that_is_none_ends_the_pull(page: Any, troubles: Troubles) -> None:
    async def pages(_since: Cursor | None) -> AsyncIterator[Any]:
        yield page

    with pytest.raises(Bug, match=r"plugin\.returned"):
        _ = [each async for each in paged(pages, troubles).changes(None)]
    assert [each.kind for each in met(troubles)] == ["returned"]


async def test_pages_are_turned_in_one_task_and_closed_when_nobody_wants_more(troubles: Troubles) -> None:
    tasks: list[object] = []

    async def pages(_since: Cursor | None) -> AsyncIterator[RawBatch]:
        try:
            # A scope that another task could not leave.
            async with asyncio.timeout(600):
                while True:
                    tasks.append(asyncio.current_task())
                    yield RawBatch(b"", Cursor("1"), 1)
        finally:
            tasks.append(asyncio.current_task())

    turned = paged(pages, troubles).changes(None)
    for _ in range(3):
        await anext(turned)
    await turned.aclose()  # type: ignore[attr-defined]
    assert len(tasks) == 4
    assert len(set(tasks)) == 1


async def test_a_free_time_that_is_wrong_costs_itself(troubles: Troubles) -> None:
    good, odd = a_slot(), replace(a_slot(), start=NAIVE)
    calendar = mis(lambda: [odd, good], troubles)
    assert await calendar.free_slots(None) == [good]  # type: ignore[arg-type]
    assert [(each.method, each.kind) for each in met(troubles)] == [("free_slots", "unsound")]
    with pytest.raises(Bug):
        await mis(lambda: None, troubles).free_slots(None)  # type: ignore[arg-type]


async def test_whoever_is_cancelled_takes_the_call_along(troubles: Troubles) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def waits() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    asking = asyncio.create_task(mis(waits, troubles).check())
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert ended.is_set()
    assert met(troubles) == []


async def test_a_port_that_is_taken_is_still_told_by_its_number(troubles: Troubles) -> None:
    """Its listener says so to the doctor; anything else that ends it is the plugin's fault."""
    with pytest.raises(OSError, match="taken"):
        await mis(raises(OSError(98, "taken")), troubles).serve(None)  # type: ignore[arg-type]
    assert met(troubles) == []
    with pytest.raises(ValueError, match=CANARY):
        await mis(raises(ValueError(CANARY)), troubles).serve(None)  # type: ignore[arg-type]
    assert [(each.method, each.kind) for each in met(troubles)] == [("serve", "raised")]


def test_what_is_met_again_is_counted_and_logged_once_until_it_is_told(troubles: Troubles) -> None:
    one = Trouble("his", "acme", "check", "slow")
    with structlog.testing.capture_logs() as logs:
        troubles.met(one, timedelta(seconds=1))
        troubles.met(one, timedelta(seconds=3))
    assert len(logs) == 1
    (found,) = told = troubles.take()
    assert (found.times, found.longest) == (2, timedelta(seconds=3))
    troubles.met(one)
    troubles.put_back(told)
    assert [each.times for each in troubles.take()] == [3]
