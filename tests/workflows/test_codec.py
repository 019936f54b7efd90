"""Payloads are sealed under our key and for one workflow, or are not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    SerializationContext,
    WorkflowSerializationContext,
)

from nextvisit.sdk.errors import Bug, ConfigError, ProtocolError
from nextvisit_workflows.runtime.codec import EncryptingCodec
from nextvisit_workflows.runtime.converter import data_converter

pytestmark = pytest.mark.anyio

OLD, NEW = b"o" * 32, b"n" * 32
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"canary"' * 50)
HERE = WorkflowSerializationContext("clinic", "journey:1")


def _activity(workflow: str) -> ActivitySerializationContext:
    return ActivitySerializationContext(
        "clinic", "1", "send_message", "send-sms", workflow, "PatientJourney", is_local=False
    )


def _codec(keys: dict[str, bytes], current: str, where: SerializationContext = HERE) -> EncryptingCodec:
    return EncryptingCodec(keys, current).with_context(where)


async def test_what_was_sealed_opens_and_shows_nothing() -> None:
    codec = _codec({"1": OLD}, "1")
    (sealed,) = await codec.encode([PLAIN])
    assert b"canary" not in sealed.SerializeToString()
    assert sealed.ByteSize() < PLAIN.ByteSize()
    assert await codec.decode([sealed]) == [PLAIN]
    assert await _codec({"1": OLD}, "1", _activity("journey:1")).decode([sealed]) == [PLAIN]


@pytest.mark.parametrize(
    "elsewhere",
    [
        WorkflowSerializationContext("clinic", "journey:2"),
        WorkflowSerializationContext("clini", "cjourney:1"),
        _activity("journey:2"),
    ],
)
async def test_a_payload_opens_in_its_workflow_and_in_no_other(elsewhere: SerializationContext) -> None:
    (sealed,) = await _codec({"1": OLD}, "1").encode([PLAIN])
    await _is_refused([sealed], elsewhere)


async def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    (sealed,) = await _codec({"9": OLD}, "9").encode([PLAIN])
    codec = data_converter({"9": OLD, "10": NEW}).with_context(HERE).payload_codec
    assert codec is not None
    assert await codec.decode([sealed]) == [PLAIN]
    assert (await codec.encode([PLAIN]))[0].metadata["kid"] == b"10"


async def test_a_changed_payload_does_not_open() -> None:
    (sealed,) = await _codec({"1": OLD, "2": OLD}, "1").encode([PLAIN])
    sealed.metadata["kid"] = b"2"
    await _is_refused([sealed])


@given(st.binary(max_size=60), st.sampled_from([b"binary/nextvisit-aes256gcm", b"json/plain", b"", b"\xff"]))
async def test_whatever_is_not_ours_is_counted_and_not_read(data: bytes, encoding: bytes) -> None:
    foreign = Payload(metadata={"encoding": encoding, "kid": b"1"}, data=data)
    await _is_refused([foreign, Payload()])


async def _is_refused(payloads: list[Payload], where: SerializationContext = HERE) -> None:
    converter = data_converter({"1": OLD, "2": OLD}).with_context(where)
    codec = converter.payload_codec
    assert isinstance(codec, EncryptingCodec)
    decoded = await codec.decode(payloads)
    for each in decoded:
        with pytest.raises(ProtocolError):
            converter.payload_converter.from_payload(each)
    assert codec.foreign.taken() == len(payloads)


async def test_nothing_is_sealed_that_is_of_no_workflow() -> None:
    with pytest.raises(Bug):
        await data_converter({"1": OLD}).encode(["a value"])


def test_there_is_no_default_key() -> None:
    with pytest.raises(ConfigError):
        data_converter({})
    with pytest.raises(ConfigError):
        EncryptingCodec({"1": b"short"}, "1")
