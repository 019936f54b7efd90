"""Every failure has a kind, and the kind says what to do about it.

    NextVisitError
    ├── RetryLater        nothing happened; the same call may succeed later
    ├── OutcomeUnknown    it may have happened; ask the other side, never simply repeat
    ├── Rejected          the other side said no (`code` says why, `scope` about whom)
    │   └── SlotTaken     somebody else has the slot; offer another
    ├── ProtocolError     the other side broke its protocol, or we broke it (`whose`)
    ├── ConfigError       an operator has to change something (`place` says where)
    └── Bug               one of our own rules is broken; report it

A message names codes, places and opaque ids. It never holds a name, a phone number, an address or a
text of a patient, because errors travel into logs and into Temporal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal


class NextVisitError(Exception):
    """The root. `code` is stable, lower-case with dots, and is what programs compare."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code


class RetryLater(NextVisitError):
    """Nothing happened. `after` is the other side's wish, if it stated one.

    scope `account`: the other side is away or busy, whomever we ask about; `recipient`: it makes this address
    wait, and says nothing about others.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        after: timedelta | None = None,
        scope: Literal["recipient", "account"] = "account",
    ) -> None:
        super().__init__(code, message)
        self.after = after
        self.scope: Literal["recipient", "account"] = scope


class OutcomeUnknown(NextVisitError):
    """The call may have had its effect. Whoever catches this must not repeat the call blindly."""


RejectedScope = Literal["recipient", "message", "account", "session"]


class Rejected(NextVisitError):
    """A lasting refusal.

    scope `recipient`: this address cannot be reached; `message`: this text cannot be sent;
    `account`: the channel itself is refused, whoever it writes to; `session`: free words cannot be sent there
    until the patient has written again.
    permanent: whether it will be so on another day, too. A mailbox that does not exist is remembered as
    such; one that is full, or whose owner's policy is against us, is passed over this time.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        scope: RejectedScope = "recipient",
        permanent: bool = True,
    ) -> None:
        super().__init__(code, message)
        self.scope: RejectedScope = scope
        self.permanent = permanent


class SlotTaken(Rejected):
    """The slot is no longer free."""

    def __init__(self, code: str = "slot.taken", message: str = "") -> None:
        super().__init__(code, message, scope="message")


class ProtocolError(NextVisitError):
    """What arrived (`theirs`) or what we were about to send (`ours`) breaks the protocol."""

    def __init__(self, code: str, message: str = "", *, whose: Literal["ours", "theirs"]) -> None:
        super().__init__(code, message)
        self.whose: Literal["ours", "theirs"] = whose


class ConfigError(NextVisitError):
    """Something that an operator configured cannot work, and why. `place` names the file, key or variable."""

    def __init__(self, code: str, message: str, *, place: str) -> None:
        super().__init__(code, f"{place}: {message}")
        self.why = message
        self.place = place


class Bug(NextVisitError):
    """One of our own rules does not hold. Never retried, always reported."""


class SettingsFault(ValueError):
    """What is wrong with a setting, in words that are shown as they are: they quote what is no secret.

    Of what any other ValueError says, the values of the settings are taken out.
    """
