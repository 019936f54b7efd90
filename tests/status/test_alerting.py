"""A real Prometheus scrapes real roles and rouses a real Alertmanager; what is mended lets it rest."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from nextvisit.onebox.ports import free_port
from nextvisit.store.queues import inbox
from tests.house.tree import ROOT
from tests.status.binaries import binary
from tests.status.conftest import Installed
from tests.status.roles import running, until

pytestmark = pytest.mark.anyio

OBSERVE = ROOT / "deploy" / "observe"
Alert = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Watch:
    """Where both of them answer."""

    prometheus: int
    alertmanager: int

    def alerts(self) -> set[Alert]:
        """At the Alertmanager: name, code and where."""
        with urlopen(f"http://127.0.0.1:{self.alertmanager}/api/v2/alerts?active=true", timeout=60) as answer:
            told = json.load(answer)
        return {
            (each["labels"]["alertname"], each["labels"].get("code", ""), each["labels"].get("where", ""))
            for each in told
        }


@contextmanager
def _program(folder: Path, *words: str) -> Iterator[None]:
    with (folder / f"{Path(words[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        process.wait(120)


@contextmanager
def watching(folder: Path, targets: list[int]) -> Iterator[Watch]:
    """With the files that we ship, but for their patience."""
    prometheus = binary("prometheus", "prometheus")
    alertmanager = binary("prometheus-alertmanager", "prometheus-alertmanager")
    port, alerts = free_port(), free_port()
    rules = (OBSERVE / "nextvisit.rules.yaml").read_text(encoding="utf-8")
    (folder / "nextvisit.rules.yaml").write_text(re.sub(r"for: \w+", "for: 0s", rules), encoding="utf-8")
    config = (OBSERVE / "prometheus.example.yaml").read_text(encoding="utf-8")
    config = config.replace("15s", "1s").replace("127.0.0.1:9093", f"127.0.0.1:{alerts}")
    config, found = re.subn(
        r'\["127.0.0.1:9464".*\]', json.dumps([f"127.0.0.1:{each}" for each in targets]), config
    )
    assert found == 1
    (folder / "prometheus.yaml").write_text(config, encoding="utf-8")
    (folder / "alertmanager.yaml").write_text(
        "route: {receiver: nobody, group_wait: 0s}\nreceivers: [{name: nobody}]\nglobal: {resolve_timeout: 3s}\n",
        encoding="utf-8",
    )
    with ExitStack() as stack:
        stack.enter_context(
            _program(
                folder,
                *(alertmanager, "--config.file=alertmanager.yaml", "--storage.path=alerts"),
                *(f"--web.listen-address=127.0.0.1:{alerts}", "--cluster.listen-address="),
            )
        )
        stack.enter_context(
            _program(
                folder,
                *(prometheus, "--config.file=prometheus.yaml", "--storage.tsdb.path=data"),
                f"--web.listen-address=127.0.0.1:{port}",
                "--rules.alert.resend-delay=1s",
            )
        )
        yield Watch(port, alerts)


async def _park(installed: Installed) -> None:
    database = await installed.opened()
    try:
        async with database.transaction() as tx:
            await inbox.put(tx, kind="mis_page", origin="clinic", dedupe="a", body=b"Kowalska")
            for item in await inbox.take(tx, 10):
                await inbox.park(tx, item.id, "shape.flag")
    finally:
        await database.close()


async def _unpark(installed: Installed) -> None:
    database = await installed.opened()
    try:
        async with database.transaction() as tx:
            (parked,) = await inbox.listing(tx, "parked", 10)
            await inbox.supersede(tx, [parked.id])
    finally:
        await database.close()


PARKED = ("NextVisitInboxParked", "inbox.parked", "clinic")
DEAD = ("NextVisitRole", "role.missing", "api")
GONE = ("NextVisitDown", "", "")


async def test_a_fault_raises_its_alert_and_mending_it_resolves_it(
    installed: Installed, tmp_path: Path
) -> None:
    gateway, api = free_port(), free_port()
    with (
        running("gateway", installed.config, port=gateway) as role,
        watching(tmp_path, [gateway, api]) as watch,
    ):
        until(watch.alerts, lambda told: {DEAD, GONE} <= told and PARKED not in told, role=role)
        await _park(installed)
        until(watch.alerts, lambda told: PARKED in told, role=role)
        await _unpark(installed)
        with running("api", installed.config, port=api):
            told = until(watch.alerts, lambda told: not {PARKED, DEAD, GONE} & told, role=role)
            assert not any("Kowalska" in part for each in told for part in each)
        until(watch.alerts, lambda told: {DEAD, GONE} <= told, role=role)
