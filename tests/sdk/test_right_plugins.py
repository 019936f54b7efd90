"""The plugins of the invented vendors pass the kits, with everything that a peer can offer: nothing is skipped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nextvisit.sdk.testing.suites import ChannelPeer, ChannelSuite, MisAdapterSuite, MisPeer
from tests.sdk.vendors.ambulo import AmbuloAdapter
from tests.sdk.vendors.peers import ambulo_peer, pigeon_peer
from tests.sdk.vendors.pigeon import CAPABILITIES, PigeonChannel


class TestAmbulo(MisAdapterSuite):
    """The adapter."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[MisPeer]:
        async with ambulo_peer(AmbuloAdapter) as peer:
            yield peer


class TestPigeon(ChannelSuite):
    """The channel."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        async with pigeon_peer(PigeonChannel, CAPABILITIES) as peer:
            yield peer
