"""The end of a journey, with all that hangs on it. Journeys, messages and offers each know their own rows."""

from __future__ import annotations

from nextvisit.domain.contact_reason import Reason
from nextvisit.flow.engine.state import Outcome, State
from nextvisit.store.base.engine import Tx
from nextvisit.store.base.entry import Entry
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.booking import offers
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import ledger


async def finish(tx: Tx, journey: JourneyId, state: State, outcome: Outcome) -> None:
    """End the journey: its open offer is given back, and what it had planned to send is skipped.

    Harmless when repeated. Raises Bug when it ended differently.
    """
    if not await journeys.close(tx, journey, state, outcome):
        return
    await offers.close_of_journey(tx, journey)
    await ledger.skip_planned(tx, journey, Reason.JOURNEY_CLOSED)
    tx.audit(Entry("journey.ended", "journey", str(journey), body={"outcome": outcome.value}))
