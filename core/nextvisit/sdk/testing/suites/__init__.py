"""Conformance kits. Subclass one, give it a peer, and pytest finds its tests in your class.

    class TestMyChannel(ChannelSuite):
        @asynccontextmanager
        async def peer(self): ...

A failure is a sentence: what is wrong, where, and what right looks like. What a peer does not offer is skipped,
and listed at the end of the run. May import the SDK and pytest; only tests and benches may import it.
"""

from __future__ import annotations

from nextvisit.sdk.testing.suites.callbacks import Callback, Pushed
from nextvisit.sdk.testing.suites.challenges import Challenge
from nextvisit.sdk.testing.suites.channel import ChannelSuite
from nextvisit.sdk.testing.suites.channel_peer import ANSWER, ChannelPeer
from nextvisit.sdk.testing.suites.channel_sending import NO_WISH
from nextvisit.sdk.testing.suites.mis import MisAdapterSuite
from nextvisit.sdk.testing.suites.mis_peer import MisPeer
from nextvisit.sdk.testing.suites.reader import IntentReaderSuite

__all__ = [
    "ANSWER",
    "NO_WISH",
    "Callback",
    "Challenge",
    "ChannelPeer",
    "ChannelSuite",
    "IntentReaderSuite",
    "MisAdapterSuite",
    "MisPeer",
    "Pushed",
]
