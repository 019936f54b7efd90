"""The embedded Temporal server: what it keeps, where it listens."""

from __future__ import annotations

import os
import signal
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from nextvisit.onebox import temporal
from nextvisit.onebox.temporal import EmbeddedTemporal
from nextvisit.sdk.errors import ConfigError
from tests.onebox.dying import dies_once
from tests.onebox.test_postgres import _listening

pytestmark = pytest.mark.anyio


async def _start_workflow(address: str, name: str) -> None:
    client = await Client.connect(address, namespace=temporal.NAMESPACE)
    await client.start_workflow("NobodyRunsThis", id=name, task_queue="none")


async def _exists(address: str, name: str) -> bool:
    client = await Client.connect(address, namespace=temporal.NAMESPACE)
    return (await client.get_workflow_handle(name).describe()).id == name


async def test_workflows_survive_a_killed_server_on_the_same_address(tmp_path: Path) -> None:
    async with EmbeddedTemporal(tmp_path) as server:
        address = server.address
        await _start_workflow(address, "kept")
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGKILL)
        await server.process.wait()
        await server.start()
        assert server.address == address
        assert await _exists(address, "kept")


async def test_it_listens_on_the_loopback_and_keeps_histories_for_ninety_days(tmp_path: Path) -> None:
    async with EmbeddedTemporal(tmp_path) as server:
        assert server.pid is not None
        assert _listening(server.pid) == {"0100007F"}
        client = await Client.connect(server.address, namespace=temporal.NAMESPACE)
        described = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=temporal.NAMESPACE)
        )
        kept = described.config.workflow_execution_retention_ttl.ToTimedelta()
        assert kept == timedelta(days=90)
        attributes = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=temporal.NAMESPACE)
        )
        assert {"Campaign", "Step"} <= set(attributes.custom_attributes)


async def test_an_orphan_of_a_killed_supervisor_is_replaced(tmp_path: Path) -> None:
    orphan = EmbeddedTemporal(tmp_path)
    await orphan.start()
    await _start_workflow(orphan.address, "kept")
    async with EmbeddedTemporal(tmp_path) as successor:
        assert successor.pid != orphan.pid
        assert orphan.process is not None
        assert not orphan.process.running()
        assert await _exists(successor.address, "kept")


async def test_a_server_killed_while_it_starts_is_started_again(tmp_path: Path) -> None:
    async with dies_once(EmbeddedTemporal)(tmp_path) as server:
        await _start_workflow(server.address, "kept")
    assert server.still_to_die == []


async def test_a_pid_file_that_was_not_written_to_its_end_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "temporal.pid").write_text("", encoding="ascii")
    async with EmbeddedTemporal(tmp_path) as server:
        await _start_workflow(server.address, "kept")


async def test_another_version_of_the_binary_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "temporal"
    other.write_text("#!/bin/sh\necho temporal version 1.0.0\n", encoding="ascii")
    other.chmod(stat.S_IRWXU)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(ConfigError, match=r"1\.0\.0"):
        await EmbeddedTemporal(tmp_path / "data").start()
