"""How a script prepares the outcome of a send, for every verb that sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from nextvisit.flow.engine.effects import Action, SendMessage
from nextvisit.flow.engine.events import Deferred, Result, SendFailed, SendUnknown, Skipped
from nextvisit.flow.engine.play import Phrase, Prepared, fixed, local_instant


def _is_send(action: Action) -> bool:
    return isinstance(action, SendMessage)


def _would_write(action: Action) -> str:
    if not isinstance(action, SendMessage):
        return ""
    return f"clinic would write `{action.template}` by {action.channels[0]}"


def _send(words: str, ends: str, result: Callable[[datetime, str], Result]) -> Phrase:
    return fixed(words, Prepared(_is_send, _would_write, ends, result))


def deferral(of: str, fits: Callable[[Action], bool], line: Callable[[Action], str]) -> Phrase:
    """`next OF deferred until …`, for every action that the gate may put off."""

    def put_off(found: re.Match[str], zone: ZoneInfo) -> Prepared:
        until = local_instant(found[1], zone)
        return Prepared(
            fits, line, f"not before {found[1]}", lambda at, _: Deferred(at, until, "quiet_hours")
        )

    pattern = re.compile(rf"next {of} deferred until (\d{{4}}-\d\d-\d\d \d\d:\d\d)")
    return Phrase(f"next {of} deferred until 2026-11-30 10:00", pattern, put_off)


SEND_PHRASES = (
    _send("next message fails", "refused for good", lambda at, _: SendFailed(at, "rejected")),
    _send("next message unknown", "outcome unknown", SendUnknown),
    _send(
        "next message refused on this channel",
        "not on this channel",
        lambda at, _: Skipped(at, "consent.channel", "rung"),
    ),
    _send(
        "next message refused", "not this message", lambda at, _: Skipped(at, "frequency.exceeded", "message")
    ),
    _send("journey refused", "not at all", lambda at, _: Skipped(at, "consent.none", "journey")),
    deferral("message", _is_send, _would_write),
)
