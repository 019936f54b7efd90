"""A real provider, asked what can be seen without a message; and one message, where somebody allowed it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, assert_never
from uuid import uuid4

from nextvisit.sdk.authoring.live import Steps, counted, named
from nextvisit.sdk.authoring.live_mis import ask_time
from nextvisit.sdk.channels import (
    Accepted,
    CallScript,
    ChannelCapabilities,
    ChannelEvent,
    Content,
    DeliveryReport,
    DeliveryStatus,
    Mail,
    MessageForm,
    MessageId,
    OutgoingMessage,
    Reachability,
    ShortText,
    told_later,
)
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, RetryLater
from nextvisit.sdk.ports import AnswersWebhooks, Channel, ChecksAddresses, FindsMessages, Listens

TEXT: Final = "NextVisit: a test of this channel. Nothing is to be done."
SUBJECT: Final = "NextVisit: a test"
_LAST: Final = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.READ, DeliveryStatus.FAILED})
"""Nothing more is waited for."""


async def ask_channel(
    channel: Channel, can: ChannelCapabilities, steps: Steps, now: Callable[[], datetime]
) -> None:
    """Nothing is sent. Raises as `check` does, for then nobody can say anything of the rest."""
    steps.held("check", await channel.check())
    await ask_time(channel, steps, now)
    says = f"{can.kind} to addresses in `{can.addresses.space}`, as {', '.join(can.forms)}"
    says += f" with {', '.join(sorted(can.media))}" if can.media else ""
    steps.held("carries", f"{says}{'' if can.longest is None else f' of at most {can.longest} characters'}")
    _ways_in(channel, can, steps)
    await _finds_no_stranger(channel, steps)
    if can.idempotent_send is None:
        steps.left("sends again", "it promises nothing: after a send that was cut a person is asked")
    else:
        hours = f"{can.idempotent_send.total_seconds() / 3600:g} h"
        known = f"for {hours} by its word; only a message could show it"
        steps.left("sends again", f"the provider knows a message by our id {known}")


def _ways_in(channel: Channel, can: ChannelCapabilities, steps: Steps) -> None:
    ways = [
        *(["a session that a gateway keeps"] if isinstance(channel, Listens) else []),
        *(["calls over HTTP at /webhooks/"] if isinstance(channel, AnswersWebhooks) else []),
    ]
    promised = [*sorted(told_later(can)), *(["what patients answer"] if can.receives else [])]
    if not promised:
        steps.left("a way in", "it promises nothing that comes later")
        return
    wrong = None if ways else f"it promises {', '.join(promised)}, and there is none"
    steps.judge("a way in", wrong, f"for {', '.join(promised)}: {' and '.join(ways)}")


async def _finds_no_stranger(channel: Channel, steps: Steps) -> None:
    """Of a message that nobody sent it may not say that it was."""
    what = "find a message"
    if not isinstance(channel, FindsMessages):
        steps.left(what, "it cannot be asked what became of one")
        return
    try:
        found = await channel.find_message(MessageId(str(uuid4())))
    except OutcomeUnknown:
        steps.held(what, "of one that nobody sent it says that it cannot be sure")
        return
    except NextVisitError as error:
        steps.failed(what, named(error))
        return
    steps.judge(
        what, None if found is None else "it finds one that nobody sent", "finds none that nobody sent"
    )


@dataclass(slots=True)
class _OneMessage:
    """What comes in meanwhile. What is not wholly about our message is left with the provider: it is not ours
    to acknowledge, and comes again to who keeps it.
    """

    parse: Callable[[bytes], Sequence[ChannelEvent]]
    message: MessageId
    provider_ref: str | None
    to: str
    reports: asyncio.Queue[DeliveryReport] = field(default_factory=asyncio.Queue)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, raw: RawInbound) -> None:
        """See `Inbox`."""
        try:
            events = self.parse(raw.body)
        except NextVisitError:
            events = ()
        if not events or not all(isinstance(each, DeliveryReport) and self._is_its(each) for each in events):
            message = "somebody else's; it is left with the provider"
            raise RetryLater("plugin.not_ours", message)
        for each in events:
            if isinstance(each, DeliveryReport):
                self.reports.put_nowait(each)

    def listening(self) -> None:
        """See `Inbox`."""
        self.heard.set()

    def deaf(self, why: NextVisitError) -> None:
        """See `Inbox`; who sends waits for no more than the time that was allowed."""
        del why
        self.heard.clear()

    def _is_its(self, report: DeliveryReport) -> bool:
        if report.message is not None:
            return report.message == self.message
        return report.provider_ref is not None and report.provider_ref == self.provider_ref


async def send_one(
    channel: Channel, can: ChannelCapabilities, to: str, steps: Steps, patience: timedelta
) -> None:
    """One message, and its report for as long as `patience`. to: in the one spelling of its addresses."""
    content = next((written for form in can.forms if (written := _content(form)) is not None), None)
    if content is None:
        says = f"it carries {', '.join(can.forms)} alone, whose words are the provider's or a campaign's"
        steps.left("send", f"{says}; send one by a campaign to a test patient")
        return
    if isinstance(channel, ChecksAddresses):
        said, _ = await steps.ask("reachable", channel.reachable([to]))
        if said is not None:
            answer = said.get(to, Reachability.UNKNOWN)
            steps.held("reachable", f"of this address the provider says `{answer}`")
    message = OutgoingMessage(MessageId(str(uuid4())), to, content, "en")
    accepted, _ = await steps.ask("send", channel.send(message))
    if accepted is not None:
        steps.held("send", f"accepted, in {counted(accepted.parts, 'part')}")
        await _wait(channel, can, steps, (message, accepted), patience)
    await _find(channel, steps, message.id, accepted)


def _content(form: MessageForm) -> Content | None:
    """None: nobody can write one without more than an address."""
    match form:
        case MessageForm.MAIL:
            return Mail(SUBJECT, TEXT, f"<!DOCTYPE html>\n<p>{TEXT}</p>")
        case MessageForm.SHORT_TEXT:
            return ShortText(TEXT)
        case MessageForm.CALL_SCRIPT:
            return CallScript((TEXT,))
        case MessageForm.TEMPLATE | MessageForm.LETTER:
            return None
        case _:
            assert_never(form)


async def _wait(
    channel: Channel,
    can: ChannelCapabilities,
    steps: Steps,
    sent: tuple[OutgoingMessage, Accepted],
    patience: timedelta,
) -> None:
    what, (message, accepted) = "report", sent
    if not told_later(can):
        steps.left(what, "it promises none that comes later")
        return
    if not isinstance(channel, Listens):
        steps.left(what, "it comes as a call over HTTP to the appliance, and not here")
        return
    inbox = _OneMessage(channel.parse_inbound, message.id, accepted.provider_ref, message.to)
    # A gateway has the one, and whoever sends the other.
    serve = [channel.serve, *([channel.serve_sending] if hasattr(channel, "serve_sending") else [])]
    listeners = {asyncio.ensure_future(each(inbox)) for each in serve}
    try:
        report = await _last_report(inbox, listeners, patience)
        ended = [each.exception() for each in listeners if each.done()]
    finally:
        for each in listeners:
            each.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    if report is not None:
        steps.judge(what, "failed" if report.status is DeliveryStatus.FAILED else None, report.status)
    elif why := [_ended(each) for each in ended if each is not None]:
        steps.failed(what, f"nothing can be heard: {', '.join(why)}")
    else:
        seconds = f"{patience.total_seconds():.0f} s"
        steps.failed(
            what, f"none came within {seconds}; a gateway that runs meanwhile may have heard it instead of us"
        )


def _ended(error: BaseException) -> str:
    return named(error) if isinstance(error, NextVisitError) else type(error).__name__


async def _last_report(
    inbox: _OneMessage, listeners: set[asyncio.Task[None]], patience: timedelta
) -> DeliveryReport | None:
    """The first that ends the ladder, else the last that came in time, or until nobody listens."""
    last: DeliveryReport | None = None
    all_ended = asyncio.gather(*listeners, return_exceptions=True)
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while last is None or last.status not in _LAST:
                coming = asyncio.ensure_future(inbox.reports.get())
                either: set[asyncio.Future[Any]] = {coming, all_ended}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    return last
                last = coming.result()
    except TimeoutError:
        pass
    return last


async def _find(channel: Channel, steps: Steps, message: MessageId, accepted: Accepted | None) -> None:
    what = "find what was sent"
    if not isinstance(channel, FindsMessages):
        return
    found, error = await steps.ask(what, channel.find_message(message))
    if error is not None:
        return
    if accepted is None:
        steps.held(what, "the provider has it" if found is not None else "the provider has not got it")
        return
    same = found is not None and found.provider_ref == accepted.provider_ref
    wrong = "it is not found" if found is None else "it has another id than send gave"
    steps.judge(what, None if same else wrong, "by our id, and it is the same")
