"""A MIS whose adapter says of a page whatever a test wants it to say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from nextvisit.sdk.records import MisEvent, Unreadable
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.queues import inbox
from tests.world.clinic import Clinic
from tests.world.site import SOURCE

_NUMBERS = count(1)


class ToldMis(FakeMis):
    """`told`: what the adapter makes of a body; a better adapter makes something else of it."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[bytes, Sequence[MisEvent]] = {}

    def parse(self, body: bytes) -> Sequence[MisEvent]:
        if body in self.told:
            return self.told[body]
        return [each for each in self._cut_out() if each.alone == body] or super().parse(body)

    def _cut_out(self) -> list[Unreadable]:
        """It reads alone as it reads on its page."""
        return [each for page in self.told.values() for each in page if isinstance(each, Unreadable)]


def told(clinic: Clinic) -> ToldMis:
    assert isinstance(clinic.mis, ToldMis)
    return clinic.mis


async def tell(clinic: Clinic, *things: MisEvent, size: int = 0) -> bytes:
    """A page of these comes in and is taken; returns its body, which is at least `size` bytes long."""
    body = f"page {next(_NUMBERS)}".encode().ljust(size)
    told(clinic).told[body] = things
    async with clinic.db.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin=SOURCE, dedupe=body.decode(), body=body)
    await clinic.drain()
    return body
