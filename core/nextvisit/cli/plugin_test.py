"""`nextvisit plugin test`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Annotated, cast

import typer

from nextvisit.cli.call import READS, Call, command
from nextvisit.cli.main import EXIT_WANTING
from nextvisit.cli.output import complain, emit_json, say
from nextvisit.install.building import adapter_alone, channel_alone, closing, wall_clock
from nextvisit.install.settings import Settings, load_settings
from nextvisit.sdk.authoring.live import Step, Steps
from nextvisit.sdk.authoring.live_booking import BookingDesk, LiveBooking, StillBooked
from nextvisit.sdk.authoring.live_channel import ask_channel, send_one
from nextvisit.sdk.authoring.live_mis import ReadingBounds, Seen, ask_mis, record_of, wanted_slots
from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.sdk.ports import Books, FindsSlots, MisAdapter
from nextvisit.sdk.records import MisRef, SlotQuery, Specialty

_ENDS = (signal.SIGTERM, signal.SIGHUP)
_MARKS = {"held": "ok   ", "failed": "WRONG", "left": "-    "}
_BOOK = "The MIS's own id of a test patient, such as `Patient/17`: books, moves and cancels a visit."
_SURE = "It is a test patient, although the MIS's record does not say so."
_SEND = "An address that one message is sent to."
_WAIT = "How many seconds its report is waited for."


@command(READS)
async def trial(
    call: Call,
    name: Annotated[str, typer.Argument(help="The connection, under `mis` or `channels` of the settings.")],
    pages: Annotated[int, typer.Option("--pages", min=1, help="Of each pull, at most.")] = 10,
    specialty: Annotated[
        str | None, typer.Option("--specialty", help="Of free times; else that of most visits.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="So far ahead.")] = 14,
    may_book: Annotated[str | None, typer.Option("--may-book", metavar="PATIENT_REF", help=_BOOK)] = None,
    sure: Annotated[bool, typer.Option("--yes-this-is-a-test-patient", help=_SURE)] = False,
    may_send: Annotated[str | None, typer.Option("--may-send", metavar="ADDRESS", help=_SEND)] = None,
    wait: Annotated[int, typer.Option("--wait", min=1, max=3600, help=_WAIT)] = 120,
) -> None:
    """Ask a real MIS or provider what an appliance asks, and say what held.

    It reads, and sends nothing. `--may-book` books the last free time for a test patient, finds it, books it
    again, moves it, cancels it and reads it back; whatever happens it is given back, and what could not be
    is said with what to cancel by hand. `--may-send` sends one message. Needs no database, and shows nothing
    of a patient. Ends with 1 when something did not hold.

    Example: `nextvisit plugin test clinic --config /etc/nextvisit/nextvisit.yaml`
    """
    settings = load_settings(call.config)
    steps = Steps(lambda step: None if call.json else say(_line(step)))
    left: Sequence[StillBooked] = ()
    if name in settings.mis:
        _refuse_option(may_send, "--may-send", "a channel's")
        bounds = ReadingBounds(
            pages, None if specialty is None else Specialty(specialty), timedelta(days=days)
        )
        left = await _mis(
            settings, name, steps, bounds, None if may_book is None else (MisRef(may_book), sure)
        )
    elif name in settings.channels:
        _refuse_option(may_book, "--may-book", "a MIS's")
        await _channel(settings, name, steps, may_send, timedelta(seconds=wait))
    else:
        known = ", ".join([*settings.mis, *settings.channels])
        message = f"there is no connection {name!r} (there is: {known})"
        raise ConfigError("connection.unknown", message, place="mis, channels")
    if call.json:
        emit_json({"connection": name, "steps": steps.done, "still_booked": left})
    if left or not steps.all_held:
        raise typer.Exit(EXIT_WANTING)


async def _mis(
    settings: Settings, name: str, steps: Steps, bounds: ReadingBounds, booking: tuple[MisRef, bool] | None
) -> Sequence[StillBooked]:
    adapter, can = adapter_alone(settings, name)
    try:
        seen = await ask_mis(adapter, steps, bounds, wall_clock)
        if booking is None:
            return ()
        patient, sure = booking
        _refuse_unable(adapter, can)
        await _refuse_a_real_patient(adapter, patient, seen, sure=sure)
        wanted = wanted_slots(bounds, seen, wall_clock())
        if wanted is None:
            message = "no visit that was read names a specialty; say --specialty"
            raise ConfigError("plugin.test", message, place="--may-book")
        return await _booked(LiveBooking(cast("BookingDesk", adapter), patient, steps, complain), wanted)
    finally:
        await closing(adapter, name)()


async def _booked(booking: LiveBooking, wanted: SlotQuery) -> Sequence[StillBooked]:
    """Also of a command that is told to end: whoever told it sees what is left."""
    try:
        with _ended_in_order():
            await booking.run(wanted)
    finally:
        for each in booking.left:
            complain(str(each))
    return booking.left


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A signal that would end the process ends what it does, which gives back first."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    came: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        came.append(number)
        if task is not None:
            task.cancel()

    for each in _ENDS:
        loop.add_signal_handler(each, end, each)
    try:
        yield
    except asyncio.CancelledError:
        if came:
            raise typer.Exit(128 + came[0]) from None
        raise
    finally:
        for each in _ENDS:
            loop.remove_signal_handler(each)


def _refuse_unable(adapter: MisAdapter, can: MisCapabilities) -> None:
    """What could not be given back is not booked."""
    if not (isinstance(adapter, Books) and isinstance(adapter, FindsSlots) and can.books and can.cancels):
        message = "it does not find free times, book and cancel, all three of them; nothing is booked"
        raise ConfigError("plugin.test", message, place="--may-book")


async def _refuse_a_real_patient(adapter: MisAdapter, patient: MisRef, seen: Seen, *, sure: bool) -> None:
    """The MIS's record says that it is a test patient, or whoever runs this does."""
    record = None
    with suppress(NextVisitError):
        record = await record_of(adapter, patient, seen)
    if sure or (record is not None and record.test):
        return
    why = "does not say that it is a test patient" if record is not None else "was not found"
    asks = f"The record {patient} {why}. To book for it all the same, type its id again"
    if not _may_ask() or typer.prompt(asks, default="", err=True, show_default=False).strip() != patient:
        message = "nothing is booked; name a test patient, or say --yes-this-is-a-test-patient"
        raise ConfigError("plugin.test", f"its record {why}: {message}", place="--may-book")


def _may_ask() -> bool:
    """Not at the terminal of another: whom root becomes is not to type at root's."""
    return not sys.stdin.isatty() or os.fstat(sys.stdin.fileno()).st_uid == os.geteuid()


async def _channel(
    settings: Settings, name: str, steps: Steps, may_send: str | None, patience: timedelta
) -> None:
    channel, can = channel_alone(settings, name)
    try:
        await ask_channel(channel, can, steps, wall_clock)
        if may_send is None:
            return
        to = can.addresses.normalise(may_send, settings.site.country)
        if to is None or not to.reachable:
            message = f"is no address that {can.kind} can be sent to"
            raise ConfigError("plugin.test", message, place="--may-send")
        await send_one(channel, can, to.value, steps, patience)
    finally:
        await closing(channel, name)()


def _refuse_option(given: str | None, option: str, whose: str) -> None:
    if given is not None:
        raise ConfigError("plugin.test", f"is {whose}, and this is none", place=option)


def _line(step: Step) -> str:
    return f"{_MARKS[step.came]}  {step.what}: {step.says}"
