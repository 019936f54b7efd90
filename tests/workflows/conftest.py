"""A Temporal server and a clinic for each test."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from nextvisit.clock import Clock, ScaledClock
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS, FakeChannel
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit_workflows.runtime.converter import Frontend, connect
from tests.world.workers import HISTORIES, RECORDING_KEYS, WorkingClinic, fast_clock

RECORD = "NEXTVISIT_RECORD_HISTORIES"
"""Environment variable: keep the histories of the journeys for `test_replay`."""

FACTOR = 500_000.0
"""A day in about 0.17 seconds."""


def _recording() -> bool:
    return RECORD in os.environ


@pytest.fixture
def factor() -> float:
    return FACTOR


@pytest.fixture
def clock(factor: float) -> Clock:
    return fast_clock(factor)


@pytest.fixture
async def temporal() -> AsyncIterator[str]:
    """The address of an empty server."""
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"), dev_server_log_level="error"
    )
    try:
        yield env.client.service_client.config.target_host
    finally:
        await env.shutdown()


@pytest.fixture
def payload_keys(database: Database) -> Mapping[str, bytes]:
    return RECORDING_KEYS if _recording() else database.vault.payload_keys()


@pytest.fixture
async def client(
    temporal: str, payload_keys: Mapping[str, bytes], clock: Clock, request: pytest.FixtureRequest
) -> AsyncIterator[Client]:
    """When recording, what the journeys of a test did is kept for `test_replay`."""
    connected = await connect(Frontend(temporal, "default"), payload_keys)
    yield connected
    if not _recording():
        return
    number = 0
    async for run in connected.list_workflows(
        "WorkflowType = 'PatientJourney' AND ExecutionStatus = 'Completed'"
    ):
        history = await connected.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        name = request.node.originalname.removeprefix("test_")
        assert isinstance(clock, ScaledClock)
        recorded = {
            "clock": json.loads(clock.to_json()),
            "workflow": run.id,
            "history": json.loads(history.to_json()),
        }
        text = json.dumps(recorded, indent=1).replace(f"@{socket.gethostname()}", "@host")
        (HISTORIES / f"{name}_{number}.json").write_text(text + "\n", encoding="utf-8")
        number += 1


@pytest.fixture
def clinic(database: Database, client: Client, clock: Clock) -> WorkingClinic:
    email, sms = FakeChannel(MAILS), FakeChannel(TEXTS)
    return WorkingClinic(database, client, clock, email, sms, FakeMis())
