"""A short life of an installation: of each thing that evidence tells of, one that is over."""

from __future__ import annotations

from nextvisit.domain.auto_reply import AutoReplyKind
from nextvisit.flow.engine.state import Outcome
from nextvisit.sdk.channels import Accepted
from nextvisit.sdk.records import ChannelKind, MisRef, Purpose, Slot, Specialty
from nextvisit.store.base.engine import Database
from nextvisit.store.booking import bookings, offers
from nextvisit.store.campaigns import campaigns
from nextvisit.store.journeys import ending
from nextvisit.store.messages import auto_replies, ledger
from nextvisit.store.messages.auto_replies import Owed, WayBack
from nextvisit.store.people import consents
from tests.world.clock import NOW
from tests.world.rows import a_send, a_state, plan, some_journeys

EMAIL = ChannelKind("email")


async def live_through(database: Database) -> None:
    """Of each thing one that is over: sent, skipped, booked, ended, refused, approved."""
    head, other = await some_journeys(database, 2)
    async with database.transaction() as tx:
        ids = [(await plan(tx, head, a_send(rung=rung))).id for rung in range(4)]
        for number in (0, 1):
            claim = await ledger.claim(
                tx,
                ids[number],
                channel=EMAIL,
                provider="smtp",
                language="pl",
                content="x",
                to=("email", b"d" * 16),
            )
            if number == 0:
                await ledger.settle_sent(tx, ids[0], claim, Accepted("<1@smtp>"))
            else:
                await ledger.settle_unknown(tx, ids[1], claim=claim)
        await ledger.settle_skipped(tx, ids[2], "no_consent", "message")
        slot = Slot(ref=MisRef("Slot/1"), version="1", start=NOW, end=NOW, specialty=Specialty("cardiology"))
        offer = await offers.make(
            tx, head.id, "offer", 1, "his", pick=lambda _: [slot], hold=NOW - NOW, read_at=NOW
        )
        assert offer is not None
        booking = await bookings.request(tx, head.id, "book", 1, offer, choice=1)
        await bookings.settle(tx, booking.id, "booked", appointment_ref=MisRef("Appointment/1"))
        back = WayBack("sms", ChannelKind("sms"), "+48", ("phone", b"e" * 16))
        owed = Owed(AutoReplyKind.EMERGENCY, "1:0", "1:0", tx.now, back, "pl")
        await auto_replies.plan(tx, owed)
        reply = await auto_replies.take(tx)
        assert reply is not None
        claim = await auto_replies.claim(tx, reply, provider="sms", content="112")
        await auto_replies.settle_sent(tx, reply.id, claim, Accepted("ref"))
        await consents.withdraw(
            tx, head.patient_id, purposes=[Purpose.RECALL], origin="reply", origin_ref="1"
        )
        await ending.finish(tx, other.id, a_state(), Outcome.COMPLETED)
        await campaigns.store_version(
            tx, "recall", "unapproved", {"a": "b"}, purpose=Purpose.RECALL, applied_by="ann"
        )
