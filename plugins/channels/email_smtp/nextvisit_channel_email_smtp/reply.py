"""A server's refusal → our kinds of error, by enhanced status (RFC 3463) before the plain code.

The text of a reply repeats addresses, so only its status leaves this module.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from nextvisit.sdk.errors import NextVisitError, Rejected, RejectedScope, RetryLater

_ENHANCED: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")

# Greylisting lets a repetition pass after some minutes.
_GREYLISTED: Final = timedelta(minutes=5)

# RFC 4954: the login is wrong, wanted, too weak or not encrypted.
_LOGIN_CODES: Final = frozenset({530, 534, 535, 538})

# Plain codes of a server without enhanced status: no such mailbox, not local, bad mailbox name.
_MAILBOX_CODES: Final = frozenset({550, 551, 553, 556})


def refusal(code: int, text: str, about: str) -> NextVisitError:
    """`about` is what was being said: `recipient`, `message` or `account`."""
    found = _ENHANCED.match(text)
    status = ".".join(found.groups()) if found else ""
    name = f"smtp.{status or code}"
    if code in _LOGIN_CODES:
        return Rejected(name, f"reply {code}", scope="account")
    # 5.2.2, a full mailbox, empties again.
    if 400 <= code < 500 or status.startswith("4.") or status == "5.2.2":
        return RetryLater(name, f"reply {code}", after=_GREYLISTED if status == "4.7.1" else None)
    if code >= 500:
        return Rejected(name, f"reply {code}", scope=_scope(code, status, about))
    return RetryLater("smtp.unexpected_reply", f"reply {code}")


def _scope(code: int, status: str, about: str) -> RejectedScope:
    match status.split("."):
        case ["5", "1", detail] if detail not in {"7", "8"}:
            return "recipient"
        case ["5", "1", _]:
            # 5.1.7 and 5.1.8 are about the sender's address, which is ours.
            return "account"
        case ["5", "2", "1"]:
            # The mailbox is disabled.
            return "recipient"
        case ["5", "7", _]:
            return "account"
        case ["5", _, _]:
            return "account" if about == "account" else "message"
        case _:
            if about == "recipient" and code in _MAILBOX_CODES:
                return "recipient"
            return "account" if about == "account" else "message"
