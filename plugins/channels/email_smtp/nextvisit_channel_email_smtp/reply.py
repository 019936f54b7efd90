"""A server's refusal → our kinds of error, by enhanced status (RFC 3463) before the plain code (RFC 5321).

The same words mean different things at different places of a session: what is said to a recipient is about
that recipient, unless it names the sender. The text of a reply repeats addresses, so only its status leaves
this module.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final, Literal

from nextvisit.sdk.errors import NextVisitError, Rejected, RejectedScope, RetryLater

Place = Literal["session", "sender", "recipient", "message"]
"""What was being said: EHLO, AUTH and the like; MAIL; RCPT; DATA and what follows."""

_ENHANCED: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")

# Greylisting lets a repetition pass after some minutes.
_GREYLISTED: Final = timedelta(minutes=5)

# RFC 4954: the login is wrong, wanted, too weak or not encrypted.
_LOGIN_CODES: Final = frozenset({530, 534, 535, 538})

_CLOSING: Final = 421
_NO_ROOM: Final = 452
_TOO_MUCH: Final = 552
_UNKNOWN_PARAMETER: Final = 555
# RFC 7504: this domain takes no mail at all.
_NO_MAIL: Final = 556

# The mailbox or its domain does not exist, has moved, takes no mail (RFC 7505) or is disabled. All else may
# be otherwise another day: 550 without a status is said for policies, too.
_DEAD: Final = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
# RFC 3463 and RFC 5248: of the sender's address, which is ours.
_SENDER: Final = frozenset({"1.7", "1.8"})
_FULL: Final = "2.2"
# Longer than the mailbox or the system takes.
_TOO_LONG: Final = frozenset({"2.3", "3.4"})


def refusal(code: int, text: str, place: Place) -> NextVisitError:
    """What to do about a reply that is none of those that were hoped for."""
    found = _ENHANCED.match(text)
    status = ".".join(found.groups()) if found else ""
    name = f"smtp.{status or code}"
    about = status[2:]
    if code in _LOGIN_CODES:
        return Rejected(name, f"reply {code}", scope="account")
    to_somebody = place in {"recipient", "message"}
    if to_somebody and (about == _FULL or (place == "recipient" and (code, about) == (_TOO_MUCH, ""))):
        # Whoever does not empty it today will not do so within an hour, however temporary it is called.
        return Rejected(name, f"reply {code}", permanent=False)
    if 400 <= code < 500 or status.startswith("4."):
        after = _GREYLISTED if status == "4.7.1" else None
        return RetryLater(name, f"reply {code}", after=after, scope=_who_waits(code, about, place))
    if code >= 500:
        scope = _scope(code, about, place)
        permanent = scope != "recipient" or about in _DEAD or code == _NO_MAIL
        return Rejected(name, f"reply {code}", scope=scope, permanent=permanent)
    return RetryLater("smtp.unexpected_reply", f"reply {code}")


def _who_waits(code: int, about: str, place: Place) -> Literal["recipient", "account"]:
    """Of a system that is full or in disorder everybody has to wait, of a greylist one recipient."""
    if place in {"session", "sender"} or code == _CLOSING or about.startswith(("3.", "5.")):
        return "account"
    if about:
        return "recipient"
    return "recipient" if place == "recipient" and code != _NO_ROOM else "account"


def _scope(code: int, about: str, place: Place) -> RejectedScope:
    match place:
        case "session":
            return "account"
        case "sender":
            of_text = about in _TOO_LONG or about.startswith("6.") or code in {_TOO_MUCH, _UNKNOWN_PARAMETER}
            return "message" if of_text else "account"
        case _ if about in _SENDER:
            return "account"
        case "recipient":
            # 5.x: we, or the relay, lost the thread of the protocol.
            return "message" if about in _TOO_LONG or about.startswith("5.") else "recipient"
        case "message":
            return "recipient" if about.startswith("1.") or about in _DEAD else "message"
