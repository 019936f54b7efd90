"""What a journey asks its shell to do.

`step` asks for at most one Action at a time; its Result comes back as an event. Wait is no action:
the shell delivers a Timer at `until` unless something happens before. Finish is always last.

Here are the actions that several verbs share; a verb's own stand beside it, and `flow.verbs` lists them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from nextvisit.domain.task_reason import TaskReason
from nextvisit.flow.engine.events import Sent, TaskCreated
from nextvisit.flow.engine.play import Play, Played
from nextvisit.flow.engine.state import NodeId, Outcome
from nextvisit.sdk.records import ChannelKind, Purpose

Awaited = Literal["delivered", "opened"]
"""Delivery news that the journey wants to hear of a message; failures it always hears."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Where an action is carried out: on a kind of channel, at the MIS, or in our own store."""

    what: Literal["channel", "mis", "store"]
    channel: ChannelKind | None = None


class Action(Protocol):
    """An effect with a result.

    (kind, node, occurrence, rung) is its key: asked for again under the same key, it is the same action.
    activity: what carries it out. play: how a simulation carries it out when nothing else was prepared.
    """

    activity: ClassVar[str]

    @property
    def node(self) -> NodeId: ...
    @property
    def occurrence(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def rung(self) -> int: ...
    @property
    def carrier(self) -> Carrier: ...
    def play(self, play: Play) -> Played: ...


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send `template` on the first usable of `channels` (one rung of the ladder).

    (journey, node, occurrence, rung) is the ledger key. deadline: after it the message is skipped.
    in_reply: the patient has just written, so quiet hours do not hold it back.
    aside: its purpose is not the campaign's, so who refuses it has refused this message and nothing else.
    """

    activity: ClassVar[str] = "send_message"

    node: NodeId
    occurrence: int
    rung: int
    channels: tuple[ChannelKind, ...]
    template: str
    purpose: Purpose
    deadline: datetime
    awaits: tuple[Awaited, ...] = ()
    in_reply: bool = False
    aside: bool = False
    kind: Literal["send_message"] = "send_message"

    @property
    def carrier(self) -> Carrier:
        return Carrier("channel", self.channels[0])

    def play(self, play: Play) -> Played:
        channel, answer = self.channels[0], ", in reply" if self.in_reply else ""
        line = f"clinic writes `{self.template}` by {channel}{answer}"
        return Played(Sent(play.at, play.name), line, play.say(self.template, channel))


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Ask staff. `queue` is who (`reception`)."""

    activity: ClassVar[str] = "create_task"
    rung: ClassVar[int] = 0

    node: NodeId
    occurrence: int
    queue: str
    reason: TaskReason
    kind: Literal["create_task"] = "create_task"

    @property
    def carrier(self) -> Carrier:
        return Carrier("store")

    def play(self, play: Play) -> Played:
        return Played(TaskCreated(play.at, play.name), f"task for {self.queue}: {self.reason.value}")


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime
    kind: Literal["wait"] = "wait"


@dataclass(frozen=True, slots=True)
class Finish:
    outcome: Outcome
    kind: Literal["finish"] = "finish"


Effect = Action | Wait | Finish
