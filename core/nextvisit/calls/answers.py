"""The methods of the ports that the core calls, and whether what one gave is what it promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from nextvisit.sdk.channels import Accepted, Reachability
from nextvisit.sdk.records import AppointmentRef, Listed, RawBatch, Slot
from nextvisit.sdk.soundness import faults_of

Sound = Callable[[Any], bool]


def is_one(kind: type[Any]) -> Sound:
    """A record of the SDK with nothing wrong in it. It may be large: it is not kept, or kept whole."""

    def sound(answer: Any) -> bool:
        return type(answer) is kind and not any(
            fault.bars and not fault.code.endswith(".size") for fault in faults_of(answer)
        )

    return sound


def _is(*kinds: type[Any]) -> Sound:
    return lambda answer: isinstance(answer, kinds)


def _anything(answer: Any) -> bool:
    del answer
    return True


def _is_time(answer: Any) -> bool:
    return answer is None or (isinstance(answer, datetime) and answer.utcoffset() is not None)


def _are_counts(answer: Any) -> bool:
    return isinstance(answer, Mapping) and all(
        isinstance(code, str) and isinstance(times, int) for code, times in answer.items()
    )


def _are_reachabilities(answer: Any) -> bool:
    return isinstance(answer, Mapping) and all(
        isinstance(address, str) and isinstance(said, Reachability) for address, said in answer.items()
    )


_is_listed: Final = is_one(Listed)
_is_appointment: Final = is_one(AppointmentRef)
_is_accepted: Final = is_one(Accepted)


def _is_page(answer: Any) -> bool:
    return isinstance(answer, Sequence) and all(map(_is_listed, answer))


@dataclass(frozen=True, slots=True)
class Promise:
    """What a method gives. each: what each entry of a list has to be; others are left out and told.

    acts: it changes something on the other side, so that after a failure nobody knows whether it did.
    """

    sound: Sound = _anything
    each: Sound | None = None
    acts: bool = False


AWAITED: Final[Mapping[str, Promise]] = {
    "check": Promise(_is(str)),
    "close": Promise(),
    "time": Promise(_is_time),
    "look_up": Promise(_is(bytes)),
    "free_slots": Promise(_is(list, tuple), each=is_one(Slot)),
    "find_booking": Promise(lambda answer: answer is None or _is_appointment(answer)),
    "book": Promise(_is_appointment, acts=True),
    "cancel": Promise(acts=True),
    "reschedule": Promise(_is_appointment, acts=True),
    "send": Promise(is_one(Accepted), acts=True),
    "find_message": Promise(lambda answer: answer is None or _is_accepted(answer)),
    "reachable": Promise(_are_reachabilities),
}
"""Coroutines."""

IN_PAGES: Final[Mapping[str, Promise]] = {
    "changes": Promise(is_one(RawBatch)),
    "listing": Promise(_is_page),
}
"""Asynchronous iterators; each step is a call."""

AT_ONCE: Final[Mapping[str, Promise]] = {
    "left_out": Promise(_are_counts),
    "receive": Promise(),
    "keep_pace": Promise(),
}
"""Called on the event loop, and must not wait. Of a webhook's answer the API knows what can be sent."""

PARSING: Final = frozenset({"parse", "parse_inbound", "parse_webhook"})
"""Called in a thread. What is wrong among what they give costs itself (`intake.parsed`, `intake.sift`)."""

SERVING: Final = frozenset({"serve", "serve_sending"})
"""They run until they are cancelled, and are begun anew (`doors.sessions`)."""
