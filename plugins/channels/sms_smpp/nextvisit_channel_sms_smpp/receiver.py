"""The receiving side: what the centre delivers is stored before it is acknowledged.

Two hard things. A long text comes in parts, and its parts are acknowledged together, once the whole is
stored. A centre that sends the next part only after it got its answer makes that impossible: after
`parts_wait` what there is gets stored, to be read a little later, unless the rest has come by then and takes
its place. And a deliver_sm has no id of its own: a repetition and a patient who writes "yes" twice look
alike. A centre repeats what we did not acknowledge, or whose acknowledgement was lost with its session, so
those are what an equal text is a repetition of, and soon after only. A text that a patient repeats within two
minutes, with a session's end in between, is taken for one; one that the centre repeats later than that, for a
second text.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

import structlog

from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import NextVisitError, RetryLater
from nextvisit.sdk.ports import Inbox
from nextvisit_channel_sms_smpp.inbound import body_of, fingerprint, is_receipt, part_of, unreadable
from nextvisit_channel_sms_smpp.parts import BELONG_FOR, Gathering, Gatherings
from nextvisit_channel_sms_smpp.pdu import Command, Malformed, Pdu, ShortMessage
from nextvisit_channel_sms_smpp.session import Deliver, SmppSession
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings
from nextvisit_channel_sms_smpp.status import OK, TRY_AGAIN

Sessions = Callable[[Deliver], AbstractAsyncContextManager[SmppSession]]
"""Opens a session, or shares the one that is open, and gives it what is to be done with a deliver_sm."""

_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(minutes=1)
_MOST_REMEMBERED: Final = 10_000
# How long after its acknowledgement an equal text on another bind is a repetition, and after it came in, when
# it could not be acknowledged: a centre gives a text up within days.
_LOST: Final = timedelta(minutes=2)
_KEPT_BACK: Final = timedelta(days=3)
# What another process makes of an equal text within so many seconds of the wall is the same.
_SLICE: Final = 60

# How long a text is held that is not whole: while a part may still belong to it.
_HELD: Final = BELONG_FOR + timedelta(seconds=30)


@dataclass(slots=True)
class _Known:
    """The last thing with this content: its key, when it came in or was acknowledged, and on which bind that
    was.
    """

    dedupe: str
    times: int
    at: float
    acknowledged_on: int | None = None


class Keys:
    """Dedupe keys for things that have no id of their own."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._bind = 0

    def bound(self) -> None:
        """A new session begins."""
        self._bind += 1

    def key(self, content: str, now: float, wall: datetime) -> str:
        """The key of something that just came in with this content."""
        known = self._known.get(content)
        if known is not None and self._is_repeated(known, now):
            known.acknowledged_on = None
            return known.dedupe
        times = 0 if known is None else known.times + 1
        # Another process that crashed between storing and acknowledging made the same key.
        dedupe = f"{content}-{int(wall.timestamp()) // _SLICE}-{times}"
        self._known[content] = _Known(dedupe, times, now)
        self._known.move_to_end(content)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return dedupe

    def acknowledged(self, content: str, now: float) -> None:
        """It was stored, and the centre is being told so."""
        known = self._known.get(content)
        if known is not None:
            known.acknowledged_on, known.at = self._bind, now

    def _is_repeated(self, known: _Known, now: float) -> bool:
        if known.acknowledged_on is None:
            return now - known.at < _KEPT_BACK.total_seconds()
        return known.acknowledged_on != self._bind and now - known.at < _LOST.total_seconds()


class Receiver:
    """Serves one inbox. `sessions` gives what it receives on, one after another."""

    def __init__(self, settings: SmsSmppSettings, inbox: Inbox, sessions: Sessions) -> None:
        self._settings = settings
        self._inbox = inbox
        self._sessions = sessions
        self._keys = Keys()
        self._gatherings = Gatherings()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._log = structlog.get_logger("nextvisit_channel_sms_smpp")

    async def run(self) -> None:
        """Keep receiving until cancelled. Raises Rejected and ConfigError of the bind, and what
        the inbox raised when that was none of our errors.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._sessions(self._deliver) as session:
                    self._keys.bound()
                    self._log.info("receiver.bound")
                    self._inbox.listening()
                    pause = _FIRST_PAUSE
                    await session.closed.wait()
            except RetryLater as error:
                self._log.warning("receiver.bind_failed", code=error.code)
                self._inbox.deaf(error)
                await asyncio.sleep(max(pause, error.after or pause).total_seconds())
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            if session.failure is not None:
                raise session.failure
            self._log.warning("receiver.unbound")
            self._inbox.deaf(RetryLater("smpp.unbound", "the session ended"))
            await asyncio.sleep(pause.total_seconds())

    async def _deliver(self, pdu: Pdu) -> int:
        """Store it, then say with which status to answer."""
        decode = ShortMessage.decode_data if pdu.command == Command.DATA_SM else ShortMessage.decode
        try:
            message = decode(pdu.body)
        except Malformed:
            self._log.warning("receiver.malformed", seq=pdu.sequence)
            return await self._put(unreadable(pdu.body))
        part = None if is_receipt(message) else part_of(message)
        if part is None:
            async with self._turn(message):
                return await self._put_one(message)
        gathering = self._gatherings.take(message, part, asyncio.get_running_loop().time())
        if not gathering.kept:
            await self._wait_for_the_rest(gathering)
        async with self._turn(message):
            if gathering.is_mixed:
                return await self._put_one(message)
            if part.number in gathering.kept:
                return OK  # with the others, or it is repeated
            if part.number not in gathering.parts:
                return TRY_AGAIN  # as the others, with which it could not be kept
            return await self._store_parts(gathering)

    async def _wait_for_the_rest(self, gathering: Gathering) -> None:
        try:
            async with asyncio.timeout(self._settings.parts_wait.total_seconds()):
                await gathering.come.wait()
        except TimeoutError:
            gathering.come.set()

    async def _store_parts(self, gathering: Gathering) -> int:
        """What there is of a text, in the place of what there was."""
        numbers, messages = set(gathering.parts), gathering.in_order
        raw, content = self._raw(messages)
        if not gathering.is_whole:
            missing = gathering.total - len(messages)
            self._log.warning("receiver.parts_missing", count=missing)
            raw = replace(raw, waits=_HELD)
        status = await self._put(replace(raw, replaces=gathering.key))
        if status != OK:
            gathering.forget_unkept()
            return status
        gathering.kept |= numbers
        gathering.key = raw.dedupe
        self._keys.acknowledged(content, asyncio.get_running_loop().time())
        return OK

    async def _put_one(self, message: ShortMessage) -> int:
        raw, content = self._raw([message])
        status = await self._put(raw)
        if status == OK:
            self._keys.acknowledged(content, asyncio.get_running_loop().time())
        return status

    def _turn(self, message: ShortMessage) -> asyncio.Lock:
        """Held while something of this phone is stored: what it wrote first must not stand behind what it
        wrote then, as a "no" behind the "yes" that it takes back. Whoever asks first gets it first.
        """
        return self._turns.setdefault(message.source.number, asyncio.Lock())

    def _raw(self, messages: Sequence[ShortMessage]) -> tuple[RawInbound, str]:
        """As it is stored, and what an equal text is known by."""
        content = fingerprint(messages)
        # A receipt names its message and state, so equal ones are one.
        if is_receipt(messages[0]):
            dedupe = content
        else:
            dedupe = self._keys.key(content, asyncio.get_running_loop().time(), datetime.now(UTC))
        return RawInbound(body=body_of(messages), dedupe=dedupe), content

    async def _put(self, raw: RawInbound) -> int:
        try:
            await self._inbox.put(raw)
        except NextVisitError as error:
            self._log.warning("receiver.not_stored", code=error.code)
            return TRY_AGAIN
        return OK
