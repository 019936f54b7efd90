"""Payloads are sealed under our key, or not at all."""

from __future__ import annotations

import pytest
from temporalio.api.common.v1 import Payload

from nextvisit.sdk.errors import ConfigError, ProtocolError
from nextvisit_workflows.runtime.codec import EncryptingCodec
from nextvisit_workflows.runtime.converter import data_converter

pytestmark = pytest.mark.anyio

OLD, NEW = b"o" * 32, b"n" * 32
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"canary"' * 50)


async def test_what_was_sealed_opens_and_shows_nothing() -> None:
    codec = EncryptingCodec({"1": OLD}, "1")
    (sealed,) = await codec.encode([PLAIN])
    assert b"canary" not in sealed.SerializeToString()
    assert sealed.ByteSize() < PLAIN.ByteSize()
    assert await codec.decode([sealed]) == [PLAIN]


async def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    (sealed,) = await EncryptingCodec({"9": OLD}, "9").encode([PLAIN])
    codec = data_converter({"9": OLD, "10": NEW}).payload_codec
    assert codec is not None
    assert await codec.decode([sealed]) == [PLAIN]
    assert (await codec.encode([PLAIN]))[0].metadata["kid"] == b"10"


async def test_a_changed_payload_does_not_open() -> None:
    codec = EncryptingCodec({"1": OLD, "2": OLD}, "1")
    (sealed,) = await codec.encode([PLAIN])
    sealed.metadata["kid"] = b"2"
    with pytest.raises(ProtocolError):
        await codec.decode([sealed])


def test_there_is_no_default_key() -> None:
    with pytest.raises(ConfigError):
        data_converter({})
    with pytest.raises(ConfigError):
        EncryptingCodec({"1": b"short"}, "1")
