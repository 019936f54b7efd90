"""Whether an address takes a channel's messages at all: its provider is asked before that rung is taken.

Only a plain no leads to the next rung, for a while, and holds nothing against the address elsewhere. What
nobody knows, or could be asked, is written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from nextvisit.sdk.channels import Reachability
from nextvisit.sdk.errors import NextVisitError
from nextvisit.sdk.ports import ChecksAddresses
from nextvisit.store.base.engine import Tx
from nextvisit.store.messages import address_checks
from nextvisit_workflows.activities.equipment import Equipment
from nextvisit_workflows.activities.gate import Allowed
from nextvisit_workflows.runtime.pacing import clinic_span

log = structlog.get_logger()

GOOD_FOR: Final[Mapping[Reachability, timedelta]] = {
    Reachability.YES: timedelta(days=30),
    Reachability.NO: timedelta(days=7),
    Reachability.UNKNOWN: timedelta(hours=1),
}
"""How long an answer is believed, of the wall. Of a failure it is that nobody knows."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """Nothing else speaks against it, and its provider has not said whether the address takes it."""

    allowed: Allowed


async def must_ask(tx: Tx, equipment: Equipment, allowed: Allowed) -> bool:
    """Whether the provider can say, and has not of late. Who is to try a connection tries it by a send."""
    if allowed.probing or not isinstance(equipment.channels.get(allowed.connection.slug), ChecksAddresses):
        return False
    return await address_checks.known(tx, allowed.connection.slug, allowed.address) is None


async def ask_first(equipment: Equipment, unasked: Unasked) -> None:
    """What the provider says, and that it could not be asked, is kept. Outside of any transaction."""
    allowed = unasked.allowed
    slug = allowed.connection.slug
    channel: object = equipment.channels.get(slug)
    answer = Reachability.UNKNOWN
    if isinstance(channel, ChecksAddresses):
        try:
            answer = (await channel.reachable((allowed.to,))).get(allowed.to, Reachability.UNKNOWN)
        except NextVisitError as error:
            # A send by it will say the same, and is judged by it.
            log.warning("address.not_checked", channel=slug, code=error.code)
    async with equipment.db.transaction() as tx:
        until = tx.now + clinic_span(equipment.clock, GOOD_FOR[answer])
        await address_checks.keep(tx, slug, allowed.address, answer, until=until)
