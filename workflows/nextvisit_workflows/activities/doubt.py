"""What may have gone out before a restore: every connection that could have carried it is asked first.

Ids are derived from the journey and the step, so what is planned anew bears the id under which what was lost
would have sent it. WhetherSent outside of any transaction; the gate has let it through before.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, assert_never

import structlog

from nextvisit.domain.connections import Connection
from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.restoration import Restoration
from nextvisit.domain.task_reason import RECEPTION, TaskReason
from nextvisit.flow.engine.effects import SendMessage
from nextvisit.flow.engine.events import SendUnknown, Skipped
from nextvisit.flow.verbs import AnyResult
from nextvisit.flow.verbs.offer_effects import MakeOffer
from nextvisit.sdk.channels import Accepted, MessageId
from nextvisit.sdk.errors import RetryLater
from nextvisit.store.base.engine import Tx
from nextvisit.store.messages import ledger
from nextvisit.store.messages.message_rows import Message
from nextvisit.store.restorations import restorations
from nextvisit.store.tasks import tasks
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.gate import Allowed
from nextvisit_workflows.activities.hand_over import AtProvider, Missing, NoWord, Unsure, ask_after
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.pacing import FIRST
from nextvisit_workflows.runtime.versions import load_version

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Question:
    """One question: whether this connection has had the message of that rung, under that id."""

    rung: int
    message: MessageId
    connection: Connection


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The gate lets it through, and what was lost may have sent it, on this rung or on another one."""

    message: Message
    restored: Restoration
    allowed: Allowed
    traces: tuple[Question, ...]
    trusts_id: bool
    """The connection that is to carry it still knows ids of back then, and sends none again."""


@dataclass(frozen=True, slots=True)
class WhetherSent:
    """What came of asking about a message. found: by which connection, and what it said.

    `elsewhere`: a later rung carried it. `unknown`: nobody can say, or an earlier rung did.
    """

    message: MessageId
    told: Literal["clear", "found", "elsewhere", "unknown"]
    found: tuple[Connection, Accepted] | None = None


async def in_doubt(
    tx: Tx, equipment: Equipment, message: Message, action: SendMessage | MakeOffer, allowed: Allowed
) -> InDoubt | None:
    """None: what was lost cannot have sent it."""
    restored = await restorations.in_doubt(tx, message.journey_id)
    if restored is None:
        return None
    await load_version(tx, message.campaign, message.version)
    kinds = frozenset(equipment.connections.kinds)
    ladder = registry.program(message.campaign, message.version, kinds).ladder
    rungs = {number: rung.channels for number, rung in enumerate(ladder)} | {message.rung: action.channels}
    traces = tuple(
        Question(number, ledger.message_id(message.journey_id, action, number), connection)
        for number, channels in rungs.items()
        for connection in equipment.connections.listed
        if connection.can.kind in channels and connection.slug not in restored.not_sent
    )
    # Other times may be free by now than those that went out under this id.
    window = None if isinstance(action, MakeOffer) else allowed.connection.can.idempotent_send
    age = equipment.clock.wall_span(tx.now - restored.taken_at)
    return InDoubt(
        message, restored, allowed, traces, trusts_id=window is not None and age + equipment.patience < window
    )


async def ask_whether_sent(equipment: Equipment, doubt: InDoubt) -> WhetherSent:
    """Raises RetryLater when a provider could not be asked now: the gate lets it wait until its deadline."""
    told = await asyncio.gather(
        *(ask_after(equipment, each.connection.slug, each.message) for each in doubt.traces)
    )
    answers = list(zip(doubt.traces, told, strict=True))
    own, later, unsure = None, False, False
    for trace, answer in answers:
        match answer:
            case AtProvider(accepted) if trace.rung == doubt.message.rung:
                own = (trace.connection, accepted)
            case AtProvider():
                later = later or trace.rung > doubt.message.rung
                unsure = unsure or trace.rung < doubt.message.rung
            case Missing() | NoWord():
                pass
            case Unsure():
                unsure = unsure or not _would_know(doubt, trace)
            case _:
                assert_never(answer)
    if own is not None:
        return WhetherSent(doubt.message.id, "found", own)
    if any(isinstance(answer, NoWord) for _, answer in answers):
        raise RetryLater("restore.provider_away", f"message {doubt.message.id}", after=FIRST)
    if unsure:
        return WhetherSent(doubt.message.id, "unknown")
    return WhetherSent(doubt.message.id, "elsewhere" if later else "clear")


def _would_know(doubt: InDoubt, trace: Question) -> bool:
    """It is about to be given this message, and gives it to nobody twice."""
    return (
        doubt.trusts_id
        and trace.rung == doubt.message.rung
        and trace.connection.slug == doubt.allowed.connection.slug
    )


async def settle(
    tx: Tx, doubt: InDoubt, asked: WhetherSent, action: SendMessage | MakeOffer
) -> AnyResult | None:
    """What the ledger says of it from now on; None: it is sent. `Sent` is said by whoever asked.

    Of an offer that went out nobody knows which times it named: what is answered to it goes to a person.
    """
    message, reason = doubt.message, Reason.BEFORE_RESTORE.value
    match asked.told:
        case "clear":
            return None
        case "elsewhere":
            await ledger.settle_skipped(tx, message.id, reason, "rung")
            return Skipped(at=tx.now, reason=reason, scope="rung")
        case "found" if isinstance(action, SendMessage) and asked.found is not None:
            connection, accepted = asked.found
            await _claim(tx, doubt, connection)
            await ledger.settle_sent(tx, message.id, None, accepted)
            log.info("message.found", message=message.id, channel=connection.slug)
            return None
        case "found" | "unknown":
            await _claim(tx, doubt, doubt.allowed.connection if asked.found is None else asked.found[0])
            await ledger.settle_unknown(tx, message.id, reason=reason)
            await tasks.create(
                tx,
                queue=RECEPTION,
                reason=TaskReason.RESTORE_UNKNOWN,
                # One a day for all of them: there may be thousands.
                dedupe=f"restore_unknown:{doubt.restored.id}:{tx.now.date().isoformat()}",
            )
            log.warning("message.outcome_unknown", message=message.id)
            return SendUnknown(at=tx.now, message=message.id)
        case _:
            assert_never(asked.told)


async def _claim(tx: Tx, doubt: InDoubt, connection: Connection) -> None:
    """As what was lost had it. What it said is not known."""
    same = connection.can.kind == doubt.allowed.connection.can.kind
    await ledger.claim(
        tx,
        doubt.message.id,
        channel=connection.can.kind,
        provider=connection.slug,
        to=doubt.allowed.address if same else None,
        language=doubt.allowed.language or "",
        content="",
    )
