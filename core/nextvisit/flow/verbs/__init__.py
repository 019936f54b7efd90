"""The verbs of the campaign language: one module each, and this list of them.

A verb's module holds the YAML of its step, how that becomes a node, what the node does, its own effects
and their results, how a simulation plays them and which words of a script prepare them. What several
verbs share is in `engine` and `grammar`. Nothing registers itself: what is not in these lists is not there.

May import `grammar` and `engine`; `language` and `rehearsal` may import it, and the rooms above.
"""

from __future__ import annotations

from nextvisit.flow.engine.effects import CreateTask, Finish, SendMessage, Wait
from nextvisit.flow.engine.events import SendResult, TaskCreated
from nextvisit.flow.engine.phrases import SEND_PHRASES
from nextvisit.flow.verbs import offer_effects
from nextvisit.flow.verbs.ask import AskStep
from nextvisit.flow.verbs.branch import BranchStep
from nextvisit.flow.verbs.end import EndStep
from nextvisit.flow.verbs.goto import GotoStep
from nextvisit.flow.verbs.offer import OfferStep
from nextvisit.flow.verbs.offer_effects import (
    Booked,
    BookingFailed,
    BookSlot,
    MakeOffer,
    NoneFree,
    Offered,
    SlotGone,
)
from nextvisit.flow.verbs.send import SendStep
from nextvisit.flow.verbs.tag import PutTag, TagPut, TagStep
from nextvisit.flow.verbs.task import TaskStep
from nextvisit.flow.verbs.wait import WaitStep
from nextvisit.flow.verbs.wait_for import WaitForStep

VERBS = (
    SendStep,
    AskStep,
    WaitStep,
    WaitForStep,
    BranchStep,
    OfferStep,
    TaskStep,
    TagStep,
    GotoStep,
    EndStep,
)
"""In the order in which they are told to whoever mistypes one."""

UNBUILT = frozenset({"confirm", "cancel", "reschedule", "reward", "action", "repeat"})
"""Verbs that the language will have; whoever writes one is told that it is not available yet."""

StoreAction = CreateTask | PutTag
StoreResult = TaskCreated | TagPut
"""What the store carries out by itself (`store.actions`), and what that comes to."""

AnyAction = SendMessage | StoreAction | MakeOffer | BookSlot
AnyEffect = AnyAction | Wait | Finish
AnyResult = SendResult | StoreResult | Offered | NoneFree | Booked | SlotGone | BookingFailed
"""What crosses the wire; each variant has a literal `kind`."""

PHRASES = (*SEND_PHRASES, *offer_effects.PHRASES)
"""Words of a script that prepare how an action comes out."""
