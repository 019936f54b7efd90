"""A server's recorded answers, replayed: the kit of a MIS runs over what `nextvisit-plugin record` wrote.

    TestRecorded = recorded_kit(Path(__file__).parent / "acme.jsonl", lambda url: AcmeAdapter(settings(url)))

What is asked and was not recorded fails the test with a sentence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from nextvisit.sdk.authoring.recording import read_recording
from nextvisit.sdk.authoring.replay import replaying
from nextvisit.sdk.capabilities import MisCapabilities
from nextvisit.sdk.ports import MisAdapter
from nextvisit.sdk.testing.http_stub import closed_port
from nextvisit.sdk.testing.suites.mis import MisAdapterSuite
from nextvisit.sdk.testing.suites.mis_peer import MisPeer
from nextvisit.sdk.testing.suites.verdict import fail


@asynccontextmanager
async def recorded_peer(
    file: Path, adapter: Callable[[str], MisAdapter], capabilities: MisCapabilities | None = None
) -> AsyncIterator[MisPeer]:
    """A MIS as it was when it was recorded. adapter: a new one to the server at this address."""
    async with replaying(read_recording(file)) as replay:
        try:
            yield MisPeer(
                adapter=lambda: adapter(replay.url),
                capabilities=capabilities,
                unreachable=lambda: adapter(f"http://127.0.0.1:{closed_port()}"),
            )
        finally:
            if replay.unrecorded:
                first, count = replay.unrecorded[0], len(replay.unrecorded)
                fail(
                    f"the plugin asks what was not recorded: {first}{f', and {count - 1} more' if count > 1 else ''}",
                    where=str(file),
                    right="record it again with `nextvisit-plugin record`, with this plugin",
                )


def recorded_kit(
    file: Path, adapter: Callable[[str], MisAdapter], capabilities: MisCapabilities | None = None
) -> type[MisAdapterSuite]:
    """The suite over a recording; see `recorded_peer`. Give it a name that begins with `Test`."""

    class TestRecorded(MisAdapterSuite):
        """What a recording cannot do is skipped, and listed."""

        @asynccontextmanager
        async def peer(self) -> AsyncIterator[MisPeer]:
            """See `MisKit`."""
            async with recorded_peer(file, adapter, capabilities) as peer:
                yield peer

    return TestRecorded
