"""What can happen to a journey. Each carries its instant and a literal tag (it crosses a wire).

From the shell: Started, Timer. From outside, numbered (`seq`) by store.journeys.journey_events: the
Signals. Results of the effects that several verbs share: those of a send, TaskCreated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from nextvisit.sdk.replies import Intent

SkipScope = Literal["rung", "message", "journey"]
"""How far a refusal reaches: this channel only, this message on any channel, the whole journey."""


@dataclass(frozen=True, slots=True)
class Started:
    at: datetime
    flags: tuple[str, ...] = ()
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Timer:
    """The instant of `wake_at` has come."""

    at: datetime
    kind: Literal["timer"] = "timer"


@dataclass(frozen=True, slots=True)
class Sent:
    why: ClassVar[str | None] = None

    at: datetime
    message: str
    kind: Literal["sent"] = "sent"


@dataclass(frozen=True, slots=True)
class Skipped:
    """The gate, or the absence of an address, refused. `reason` is a domain reason code."""

    at: datetime
    reason: str
    scope: SkipScope
    kind: Literal["skipped"] = "skipped"

    @property
    def why(self) -> str | None:
        return self.reason


@dataclass(frozen=True, slots=True)
class Deferred:
    at: datetime
    until: datetime
    reason: str
    kind: Literal["deferred"] = "deferred"

    @property
    def why(self) -> str | None:
        return self.reason


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The provider refused for good; the next rung is tried."""

    at: datetime
    code: str
    kind: Literal["send_failed"] = "send_failed"

    @property
    def why(self) -> str | None:
        return self.code


@dataclass(frozen=True, slots=True)
class SendUnknown:
    """Claimed and never settled. The campaign's rule for the purpose decides: hold or next rung."""

    why: ClassVar[str | None] = None

    at: datetime
    message: str
    kind: Literal["send_unknown"] = "send_unknown"


@dataclass(frozen=True, slots=True)
class TaskCreated:
    why: ClassVar[str | None] = None

    at: datetime
    task: str
    kind: Literal["task_created"] = "task_created"


@dataclass(frozen=True, slots=True)
class Delivered:
    at: datetime
    message: str
    seq: int = 0
    kind: Literal["delivered"] = "delivered"


@dataclass(frozen=True, slots=True)
class Opened:
    at: datetime
    message: str
    seq: int = 0
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    at: datetime
    message: str
    code: str
    seq: int = 0
    kind: Literal["delivery_failed"] = "delivery_failed"


@dataclass(frozen=True, slots=True)
class Replied:
    """choice: 1-based index into the open offer. wanted: a time the patient asked for."""

    at: datetime
    intent: Intent
    choice: int | None = None
    wanted: datetime | None = None
    seq: int = 0
    kind: Literal["replied"] = "replied"


@dataclass(frozen=True, slots=True)
class GoalReached:
    """The campaign's goal came true, by us or by anybody."""

    at: datetime
    seq: int = 0
    kind: Literal["goal_reached"] = "goal_reached"


GoneReason = Literal["deceased", "merged", "inactive", "test", "restricted", "erased", "opted_out", "staff"]
"""merged: the MIS has replaced the record by another; inactive: it is out of use; test: it is nobody's.
staff: a person stopped the journey.
"""


@dataclass(frozen=True, slots=True)
class PatientGone:
    at: datetime
    reason: GoneReason
    seq: int = 0
    kind: Literal["patient_gone"] = "patient_gone"


@dataclass(frozen=True, slots=True)
class CampaignStopped:
    at: datetime
    seq: int = 0
    kind: Literal["campaign_stopped"] = "campaign_stopped"


class Result(Protocol):
    """What an action came to. A verb's own results stand beside its effects; `flow.verbs` lists them all."""

    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def why(self) -> str | None:
        """The code of a refusal or a deferral, for the decision log; None when it came out well."""
        ...


SendResult = Sent | Skipped | Deferred | SendFailed | SendUnknown
"""What sending comes to, for every verb that sends."""

Signal = Delivered | Opened | DeliveryFailed | Replied | GoalReached | PatientGone | CampaignStopped
"""What reaches a journey from outside, in the order of `seq`."""

Event = Started | Timer | Signal | Result
