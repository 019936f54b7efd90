"""How values become payloads: pydantic JSON, encrypted; messages of failures are encrypted too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from nextvisit.sdk.errors import RetryLater
from nextvisit_workflows.runtime.codec import EncryptingCodec, RefusesForeign
from nextvisit_workflows.runtime.core import core

_JSON = PydanticJSONPlainPayloadConverter()


class SharedPydanticConverter(CompositePayloadConverter):
    """As temporalio's PydanticPayloadConverter, with one cache of type adapters for the process.

    The SDK makes a new converter for every workflow, and a new one builds its adapters anew.
    """

    def __init__(self) -> None:
        defaults = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(
            *(_JSON if isinstance(each, JSONPlainPayloadConverter) else each for each in defaults),
            RefusesForeign(),
        )


def data_converter(keys: Mapping[str, bytes]) -> DataConverter:
    """The converter that every client, worker and replayer of ours uses.

    keys: by id; ids are numbers and the highest is the newest, which encrypts. Raises ConfigError when
    there is none.
    """
    current = max(keys, key=int, default="")
    return DataConverter(
        payload_converter_class=SharedPydanticConverter,
        payload_codec=EncryptingCodec(keys, current),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


@dataclass(frozen=True, slots=True)
class Frontend:
    """Where Temporal is, and how it is spoken to. tls: None in the clear."""

    address: str
    namespace: str
    tls: TLSConfig | None = None


async def answers(frontend: Frontend) -> None:
    """Prove that the frontend is there and serves the namespace. Raises RetryLater when it does not."""
    try:
        client = await _open(frontend, DataConverter.default)
        described = DescribeNamespaceRequest(namespace=frontend.namespace)
        await client.workflow_service.describe_namespace(described)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            message = f"does not serve the namespace {frontend.namespace}"
            raise _unavailable(frontend, message) from error
        raise _unavailable(frontend, "does not answer") from error


async def connect(frontend: Frontend, keys: Mapping[str, bytes]) -> Client:
    """A client of the Temporal frontend. Raises RetryLater while it cannot be reached."""
    return await _open(frontend, data_converter(keys))


async def _open(frontend: Frontend, converter: DataConverter) -> Client:
    try:
        return await Client.connect(
            frontend.address,
            namespace=frontend.namespace,
            data_converter=converter,
            tls=frontend.tls or False,
            runtime=core(),
        )
    except (RPCError, RuntimeError) as error:  # the SDK raises a bare RuntimeError when nobody listens
        raise _unavailable(frontend, "does not answer") from error


def _unavailable(frontend: Frontend, what: str) -> RetryLater:
    way = "in TLS, as `temporal.tls` says" if frontend.tls is not None else "in the clear"
    message = f"the Temporal frontend at {frontend.address} {what}; it was spoken to {way}"
    return RetryLater("temporal.unavailable", message)
