"""A question that was not asked, or did not arrive: the words that it was about are for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.intake.replies import Reply, receive_reply
from nextvisit.sdk.replies import Intent
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import replies

if TYPE_CHECKING:
    from nextvisit.store.base.engine import Tx
    from nextvisit.store.messages.auto_reply_rows import AutoReply


async def hand_back(tx: Tx, reply: AutoReply) -> None:
    """As if nothing had been tried. Harmless when repeated.

    An urgent text has its task already, and a STOP holds whether it is confirmed or not.
    """
    if reply.kind is not AutoReplyKind.ASK_BACK or reply.journey_id is None or reply.patient_id is None:
        return
    head = await journeys.head(tx, reply.journey_id)
    unread = Reply(
        origin="reply",
        ref=reply.said_ref,
        patient=reply.patient_id,
        addresses=(reply.to,),
        journey=head.id if head.outcome is None else None,
        message=None,
        intent=Intent.UNCLEAR,
        text=await replies.last_note(tx, reply.journey_id, why="auto_reply") or "",
    )
    await receive_reply(tx, unread)
