"""The kit for channels sees what a plugin promises to hear and cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import pytest

from nextvisit.sdk.channels import ChannelEvent, DeliveryReport, DeliveryStatus, InboundMessage
from nextvisit.sdk.doors import Keep, RawRequest, Received
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel
from nextvisit.sdk.testing.suites import ChannelPeer, ChannelSuite
from tests.world.clinic import JsonSms, events

TO: Final = "+48500100200"
HEARD: Final = (DeliveryStatus.DELIVERED, DeliveryStatus.OPENED, DeliveryStatus.READ)


def call(number: int, told: ChannelEvent, signature: str = "good") -> RawRequest:
    """A call of the provider."""
    headers = (("x-signature", signature),)
    return RawRequest("POST", "/webhooks/sms", (("id", str(number)),), headers, events(told))


REPORTED: Final = {
    status: call(number, DeliveryReport(status, provider_ref="17")) for number, status in enumerate(HEARD)
}
ANSWER: Final = call(9, InboundMessage(TO, "TAK"))
FORGED: Final = call(9, InboundMessage(TO, "TAK"), signature="bad")
PEER: Final = ChannelPeer(
    capabilities=TEXTS, channel=JsonSms, to=TO, reported=REPORTED, answer=ANSWER, forged=FORGED
)


class Kit(ChannelSuite):
    """The kit over one given peer; not collected by its name."""

    def __init__(self, peer: ChannelPeer) -> None:
        self._peer = peer

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        yield self._peer


class TestAChannelThatHears(ChannelSuite):
    """Passes the whole kit, when there is an example of each thing that it hears."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        yield PEER


class Misspelt(FakeChannel):
    """`parse_webhook` is not what the port calls it."""

    def receive(self, request: RawRequest) -> Received:
        raise NotImplementedError

    def parse_webhok(self, request: RawRequest) -> Sequence[ChannelEvent]:
        raise NotImplementedError


class KeepsAnything(JsonSms):
    """Verifies nothing."""

    def receive(self, request: RawRequest) -> Received:
        return super().receive(replace(request, headers=(("x-signature", "good"),)))


class OneForAll(JsonSms):
    """All calls are the same thing."""

    def receive(self, request: RawRequest) -> Received:
        kept = super().receive(request)
        assert isinstance(kept, Keep)
        return replace(kept, dedupe="same")


class ReadsTheSecret(JsonSms):
    """Looks while parsing for what is gone by then."""

    def parse_webhook(self, request: RawRequest) -> Sequence[ChannelEvent]:
        return super().parse_webhook(request) if "authorization" in dict(request.headers) else []


def _authorised(request: RawRequest) -> RawRequest:
    return replace(request, headers=(*request.headers, ("authorization", "Bearer 1")))


REPORTS = ChannelSuite.test_each_report_that_it_promises_has_a_way_in
WRITES = ChannelSuite.test_what_a_patient_writes_has_a_way_in
VERIFIES = ChannelSuite.test_a_call_is_verified_before_it_is_kept


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("test", "spoilt"),
    [
        (ChannelSuite.test_no_way_in_is_half_there, {"channel": Misspelt}),
        (REPORTS, {"channel": FakeChannel}),
        (WRITES, {"channel": FakeChannel}),
        (REPORTS, {"reported": {}}),
        (WRITES, {"answer": None}),
        (WRITES, {"answer": call(9, InboundMessage("+48500100299", "TAK"))}),
        (WRITES, {"answer": call(9, InboundMessage(TO, " "))}),
        (REPORTS, {"reported": dict.fromkeys(HEARD, REPORTED[DeliveryStatus.READ])}),
        (
            REPORTS,
            {"reported": {each: call(1, DeliveryReport(each, provider_ref=None)) for each in HEARD}},
        ),
        (VERIFIES, {"forged": None}),
        (VERIFIES, {"channel": OneForAll}),
    ],
)
async def test_what_it_cannot_hear_is_seen(test: Any, spoilt: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        await test(Kit(replace(PEER, **spoilt)))


@pytest.mark.anyio
async def test_another_spelling_of_a_shared_space_is_seen() -> None:
    spelt_alike = ChannelSuite.test_a_space_that_is_shared_is_spelt_alike
    await spelt_alike(Kit(PEER))
    with pytest.raises(AssertionError):
        await spelt_alike(Kit(replace(PEER, to=TO.removeprefix("+"))))


@pytest.mark.anyio
async def test_a_forged_call_that_is_kept_is_seen() -> None:
    with pytest.raises(pytest.fail.Exception):
        await VERIFIES(Kit(replace(PEER, channel=KeepsAnything)))


@pytest.mark.anyio
async def test_what_is_gone_when_a_call_is_parsed_is_gone_in_the_kit() -> None:
    peer = replace(PEER, channel=ReadsTheSecret, answer=_authorised(ANSWER))
    with pytest.raises(ValueError, match="not enough values"):
        await WRITES(Kit(peer))
