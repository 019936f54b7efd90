"""The kits themselves: what they say of a peer that shows too little, and what they keep to themselves."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import pytest

from nextvisit.sdk.blocking import LoopBlocked
from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, DeliveryStatus, InboundMessage
from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from nextvisit.sdk.testing.fault_proxy import FaultProxy, writes
from nextvisit.sdk.testing.suites import Callback, ChannelPeer, ChannelSuite
from nextvisit.sdk.testing.suites.mutations import with_unknown_words
from nextvisit.sdk.testing.suites.stalls import Stalls
from tests.world.clinic import JsonSms, events

TO: Final = "+48500100200"
HEARD: Final = (DeliveryStatus.DELIVERED, DeliveryStatus.OPENED, DeliveryStatus.READ)
pytest_plugins = ["pytester"]


def call(number: int, told: ChannelEvent) -> Callback:
    """A call of the provider, which proves itself by a header alone."""
    headers = (("x-signature", "good"),)
    return Callback(
        RawRequest("POST", "/webhooks/sms", (("id", str(number)),), headers, events(told)), [told]
    )


CALLBACKS: Final = [
    *(call(number, DeliveryReport(each, provider_ref="17")) for number, each in enumerate(HEARD)),
    call(9, InboundMessage(TO, "TAK")),
]
PEER: Final = ChannelPeer(capabilities=TEXTS, channel=JsonSms, to=TO, callbacks=CALLBACKS, signs_body=False)


class Kit(ChannelSuite):
    """The kit over one given peer; not collected by its name."""

    def __init__(self, peer: ChannelPeer) -> None:
        self._peer = peer

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        yield self._peer


PROMISES = ChannelSuite.test_what_its_capabilities_promise_has_a_way_in
FORGES = ChannelSuite.test_a_forged_call_is_rejected
SPELT = ChannelSuite.test_a_space_that_is_shared_is_spelt_alike


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("test", "spoilt", "says"),
    [
        (PROMISES, {"channel": FakeChannel}, "nothing comes in"),
        (
            PROMISES,
            {"callbacks": CALLBACKS[1:]},
            "it promises delivered, and no callback of the peer shows that",
        ),
        (PROMISES, {"callbacks": CALLBACKS[:-1]}, "no callback is what a patient wrote"),
        (PROMISES, {"to": "+48500100299"}, "a STOP is lost"),
        (FORGES, {"callbacks": []}, "it answers webhooks, and no call shows how"),
        (FORGES, {"signs_body": True}, "with another body under the same signature is kept"),
        (SPELT, {"to": TO.removeprefix("+")}, "so a STOP is not found"),
    ],
)
async def test_a_peer_that_shows_too_little_is_told(test: Any, spoilt: dict[str, Any], says: str) -> None:
    await test(Kit(PEER))
    with pytest.raises(pytest.fail.Exception, match=says):
        await test(Kit(replace(PEER, **spoilt)))


@pytest.mark.anyio
async def test_what_a_peer_cannot_do_is_skipped_with_what_is_needed() -> None:
    with pytest.raises(pytest.skip.Exception, match="the peer cuts nothing: give it `cut_next`"):
        await ChannelSuite.test_a_send_whose_answer_was_cut_is_not_sent_again(Kit(PEER))


def test_a_failure_and_its_output_withhold_what_the_peer_names(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        class TestIt:
            nextvisit_canaries = ("Kanarek",)

            def test_it(self):
                print("printed Kanarek, and KANAREK in capitals")
                raise ValueError("raised Kanarek")

            def test_skipped(self):
                import pytest
                pytest.skip("the peer cuts nothing: give it `cut_next`")
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(failed=1, skipped=1)
    shown = result.stdout.str().replace('nextvisit_canaries = ("Kanarek",)', "")
    assert "kanarek" not in shown.casefold()
    result.stdout.fnmatch_lines(["*printed ?withheld?, and ?withheld? in capitals*"])
    result.stdout.fnmatch_lines(
        ["*what the kits did not check*", "the peer cuts nothing: *", "*TestIt::test_skipped"]
    )


@pytest.mark.anyio
async def test_a_stall_is_named_by_its_line() -> None:
    stalls, found = Stalls(), threading.Event()

    def until_found() -> None:
        while not stalls.found:
            time.sleep(0.01)
        found.set()

    threading.Thread(target=until_found, daemon=True).start()
    with stalls.watch():
        await asyncio.sleep(0)
        found.wait()
        await asyncio.sleep(0)
    (place,) = stalls.found
    assert place.startswith("test_a_stall_is_named_by_its_line, test_kits.py:")
    with pytest.raises(pytest.fail.Exception, match="the event loop stood still for"):
        stalls.require_none()


@pytest.mark.anyio
async def test_what_blocks_for_good_is_broken_off() -> None:
    with Stalls().watch():
        await asyncio.sleep(0)
        with pytest.raises(LoopBlocked):
            time.sleep(600)  # noqa: ASYNC251 - the stall


def test_each_word_is_unknown_in_its_turn_and_no_name_of_a_field_is() -> None:
    changed = list(with_unknown_words(b'{"status": "booked", "minutes": 30, "of": {"says": "booked"}}'))
    assert changed == [
        b'{"status": "zzunheardof", "minutes": 30, "of": {"says": "zzunheardof"}}',
        b'{"status": "booked", "minutes": 97, "of": {"says": "booked"}}',
    ]


@pytest.mark.anyio
async def test_a_fault_proxy_cuts_an_answer_after_the_server_has_the_request() -> None:
    got: list[bytes] = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.readline():
            got.append(asked)
            writer.write(b"done\n")
            await writer.drain()
        writer.close()

    listener = await asyncio.start_server(server, "127.0.0.1", 0)
    async with listener, FaultProxy(listener.sockets[0].getsockname()[1]) as proxy:
        assert await _said(proxy.port, b"POST 1\n") == b"done\n"
        proxy.cut_next(writes)
        assert await _said(proxy.port, b"POST 2\n") == b""
        proxy.answer_next(writes, lambda _: b"not now\n")
        assert await _said(proxy.port, b"POST 3\n") == b"not now\n"
    assert got == [b"POST 1\n", b"POST 2\n"]


async def _said(port: int, asked: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    try:
        return await reader.readline()
    finally:
        writer.close()
