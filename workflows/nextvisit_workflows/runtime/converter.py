"""How values become payloads: pydantic JSON, encrypted; messages of failures are encrypted too."""

from __future__ import annotations

from collections.abc import Mapping

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
from temporalio.service import RPCError, RPCStatusCode

from nextvisit.sdk.errors import RetryLater
from nextvisit_workflows.runtime.codec import EncryptingCodec

_JSON = PydanticJSONPlainPayloadConverter()


class SharedPydanticConverter(CompositePayloadConverter):
    """As temporalio's PydanticPayloadConverter, with one cache of type adapters for the process.

    The SDK makes a new converter for every workflow, and a new one builds its adapters anew.
    """

    def __init__(self) -> None:
        defaults = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(
            *(_JSON if isinstance(each, JSONPlainPayloadConverter) else each for each in defaults)
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


async def answers(address: str, namespace: str) -> None:
    """Prove that the frontend is there and serves the namespace. Raises RetryLater when it does not."""
    message = f"the Temporal frontend at {address} does not answer"
    try:
        client = await Client.connect(address, namespace=namespace)
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            message = f"the Temporal frontend at {address} does not serve the namespace {namespace}"
        raise RetryLater("temporal.unavailable", message) from error
    except RuntimeError as error:  # the SDK raises a bare RuntimeError when nobody listens
        raise RetryLater("temporal.unavailable", message) from error


async def connect(address: str, namespace: str, keys: Mapping[str, bytes]) -> Client:
    """A client of the Temporal frontend. Raises RetryLater while it cannot be reached."""
    converter = data_converter(keys)
    try:
        return await Client.connect(address, namespace=namespace, data_converter=converter)
    except (RPCError, RuntimeError) as error:  # the SDK raises a bare RuntimeError when nobody listens
        message = f"the Temporal frontend at {address} does not answer"
        raise RetryLater("temporal.unavailable", message) from error
