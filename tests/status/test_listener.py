"""Each role answers whoever watches it from its start on, and says of what it waits by its code."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from nextvisit.install.settings import StatusSettings
from nextvisit.onebox.ports import free_port
from tests.status.conftest import Installed
from tests.status.roles import Role, running, taken_port, until

pytestmark = pytest.mark.anyio


def _metrics(role: Role) -> dict[str, dict[tuple[str, ...], float]]:
    families = text_string_to_metric_families(role.get("/metrics").body)
    return {
        each.name: {
            tuple(sample.labels[label] for label in sorted(sample.labels)): sample.value
            for sample in each.samples
        }
        for each in families
    }


async def test_a_gateway_is_ready_with_its_database_and_its_key(installed: Installed) -> None:
    with running("gateway", installed.config) as role:
        answer = until(lambda: role.get("/ready"), lambda each: each.code == 200, role=role)
        assert answer.json["checks"] == dict.fromkeys(("role", "database", "migrations", "keys"), "ok")
        live = role.get("/live")
        assert (live.code, live.json["instance"]) == (200, answer.json["instance"])
        assert role.get("/").code == 404
        found = until(lambda: _metrics(role), lambda each: "nextvisit_finding" in each, role=role)
        assert found["nextvisit_ready"][("database", "gateway")] == 1
        assert found["nextvisit_finding"][("role.missing", "wrong", "worker")] == 1
        assert "process_resident_memory_bytes" in found
        assert "nextvisit_event_loop_lag_seconds" in found
    assert role.process.returncode == 0, "SIGTERM is the role's, whoever serves beside it"


async def test_a_worker_without_temporal_lives_and_is_not_ready(installed: Installed) -> None:
    with running("worker", installed.config) as role:
        answer = until(lambda: role.get("/ready"), lambda each: "temporal" in each.json["checks"], role=role)
        assert answer.code == 503
        checks = answer.json["checks"]
        assert (checks["temporal"], checks["role"], checks["database"]) == ("away", "starting", "ok")
        assert role.get("/live").code == 200
        assert _metrics(role)["nextvisit_ready"][("temporal", "worker")] == 0


async def test_who_asks_by_the_patients_port_is_told_the_same(installed: Installed) -> None:
    port = free_port()
    installed.rewrite(lambda document: document.update(api={"port": port}))
    with running("api", installed.config) as role:
        told = until(lambda: role.get("/ready"), lambda each: each.code == 200, role=role)
        other = Role(role.process, f"127.0.0.1:{port}", role.log).get("/health/ready")
        assert (other.code, other.json) == (told.code, told.json)


async def test_a_role_says_by_its_code_that_its_database_is_away(installed: Installed) -> None:
    with taken_port() as nobody:
        secret = installed.config.parent / "secrets" / "app.dsn"
        secret.write_text(f"postgresql://app:kept-secret@127.0.0.1:{nobody}/nextvisit", encoding="utf-8")
        with running("api", installed.config) as role:
            answer = until(
                lambda: role.get("/ready"),
                lambda each: each.json["checks"]["database"] == "store.unavailable",
                role=role,
            )
            assert (answer.code, answer.json["appliance"]) == (503, {})
            assert role.get("/live").code == 200
            for path in ("/ready", "/metrics", "/live"):
                assert "kept-secret" not in role.get(path).body


@pytest.mark.parametrize("by", ["settings", "option"])
async def test_a_port_that_somebody_has_is_named_before_anything_is_opened(
    installed: Installed, by: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        option = ["--status", f"127.0.0.1:{port}"] if by == "option" else []
        status = {"gateway": port if by == "settings" else free_port()}
        installed.rewrite(lambda document: document.update(status=status))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "nextvisit.cli", "gateway", "--config", str(installed.config), *option),
            stderr=subprocess.PIPE,
        )
        _, said = await process.communicate()
    assert process.returncode == 3
    assert f"status.gateway: 127.0.0.1:{port} is taken" in said.decode()


def test_a_role_without_a_port_answers_nowhere() -> None:
    status = StatusSettings(gateway=9466)
    assert status.at("gateway") == ("127.0.0.1", 9466)
    assert status.at("worker") is None


@pytest.mark.parametrize("wrong", ["9464", "host:", "a:b", "a:70000"])
async def test_what_is_no_host_and_port_is_not_understood(installed: Installed, wrong: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "nextvisit.cli", "gateway", "--config", str(installed.config)),
        *("--status", wrong),
        stderr=subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert "HOST:PORT" in said.decode()
