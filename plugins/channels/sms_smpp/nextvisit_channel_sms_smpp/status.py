"""command_status → our kinds of error (SMPP 3.4, 5.1.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from nextvisit.sdk.errors import ConfigError, NextVisitError, Rejected, RetryLater

OK: Final = 0x00
SYSTEM_ERROR: Final = 0x08
TRY_AGAIN: Final = 0x64
INVALID_COMMAND: Final = 0x03

# Delays as a widely used gateway has them by default (facts: channels, section 2).
_TRANSIENT: Final = {
    0x08: timedelta(seconds=30),
    0x14: timedelta(seconds=180),
    0x45: timedelta(seconds=60),
    0x58: timedelta(seconds=30),
    0x61: timedelta(seconds=300),
    0x64: timedelta(seconds=60),
}
THROTTLED: Final = frozenset({0x14, 0x58})
"""The centre's queue is full, or we are too fast: what goes out slower is taken."""
_RECIPIENT: Final = frozenset({0x0B})
_WRONG_BIND: Final = 0x04
_LOGIN: Final = frozenset({0x0D, 0x0E, 0x0F})
SENDER: Final = frozenset({0x0A, 0x48, 0x49})
"""Source address, its type of number, its numbering plan: the `sender` of the settings."""
_ALREADY_BOUND: Final = 0x05
ALREADY_BOUND: Final = "smpp.bind_0x05"


def submit_refusal(status: int) -> NextVisitError:
    """Why a submit_sm was not taken."""
    code = submit_code(status)
    if status in _TRANSIENT:
        return RetryLater(code, after=_TRANSIENT[status])
    if status in _RECIPIENT:
        return Rejected(code, scope="recipient")
    if status in _LOGIN or status == _WRONG_BIND:
        return Rejected(code, scope="account")
    return Rejected(code, scope="message")


def submit_code(status: int) -> str:
    """What we call this status of a submit_sm_resp."""
    return f"smpp.0x{status:02x}"


def bind_refusal(status: int, place: str) -> NextVisitError:
    """Why a bind was refused."""
    code = f"smpp.bind_0x{status:02x}"
    if status == _ALREADY_BOUND:
        why = "bound already; where the centre allows one bind, set `bind: transceiver` and run one worker"
        return RetryLater(code, why, after=timedelta(seconds=30))
    if status in _TRANSIENT:
        return RetryLater(code, after=_TRANSIENT[status])
    if status == _WRONG_BIND:
        return ConfigError(code, "the centre wants another kind of bind: set `bind`", place=place)
    if status in _LOGIN:
        return Rejected(code, "the centre refuses this system_id or password", scope="account")
    return ConfigError(code, "the centre refuses this bind", place=place)
