"""What a cluster does with the chart's Deployments, on this machine: pods as processes.

A pod has an address of its own (127.0.0.0/8), its volumes as the kubelet lays them, its containers' commands,
environment and user (where we are root: the pod's), its init containers first, and its time to end. Paths of mounts
lead into a folder of its own, by rewriting them wherever the pod reads them. No memory is withheld: what a process
took at most is held against its limit.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.chart.rendering import Document
from tests.chart.volumes import lay_atomically, lay_claim, lay_empty
from tests.onebox.enterable import enterable_python

_ANYWHERE = "0.0.0.0"
ADDRESSES = tuple(f"127.0.77.{number}" for number in range(2, 60))
"""Of pods, each of its own."""
_BEGINNINGS = 40
"""So often a container is begun anew that ends before it should; a kubelet never stops."""
_READY_WITHIN = 600.0
_UNITS = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}


@dataclass(slots=True)
class Pod:
    """One that runs. folder: of its volumes and containers. peak: bytes that its process took at most."""

    name: str
    address: str
    folder: Path
    template: Document
    process: Process | None = None
    peak: int = 0
    last_probe: str = ""

    @property
    def container(self) -> Document:
        found: Document = self.template["spec"]["containers"][0]
        return found

    @property
    def checksum(self) -> str:
        return str(self.template["metadata"]["annotations"]["checksum/config"])

    @property
    def limit(self) -> int:
        """Bytes."""
        text = self.container["resources"]["limits"]["memory"]
        return int(text[:-2]) * _UNITS[text[-2:]]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a pod ended. killed: its time was over before it had."""

    code: int
    killed: bool


@dataclass(slots=True)
class Cluster:
    """secrets, config_maps: name, and what is in them. Claims are made when they are asked for. services: where
    each is.
    """

    folder: Path
    secrets: dict[str, Mapping[str, bytes]]
    config_maps: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    pods: list[Pod] = field(default_factory=list)
    _addresses: Iterator[str] = field(default_factory=lambda: iter(ADDRESSES))

    async def start(self, deployment: Document) -> Pod:
        """A pod of it, once it is ready."""
        address = next(self._addresses)
        name = f"{deployment['metadata']['name']}-{address.rpartition('.')[2]}"
        pod = Pod(name, address, self.folder / name, deployment["spec"]["template"])
        pod.folder.mkdir(mode=0o755)
        self.pods.append(pod)
        for each in pod.template["spec"].get("initContainers", ()):
            await self._to_its_end(pod, each, beginnings=_BEGINNINGS)
        root = self._mount(pod, pod.container)
        pod.process = await self._spawn(pod, pod.container, root)
        await self._until_ready(pod)
        return pod

    async def stop(self, pod: Pod) -> Stopped:
        """As the kubelet ends it: `preStop`, SIGTERM, and SIGKILL when its time is over."""
        assert pod.process is not None
        _note_peak(pod)
        left = pod.template["spec"]["terminationGracePeriodSeconds"]
        before = pod.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        await asyncio.sleep(before)  # what the kubelet does, and nobody waits for
        pod.process.send_signal(signal.SIGTERM)
        killed = False
        try:
            await asyncio.wait_for(pod.process.wait(), left - before)
        except TimeoutError:
            killed = True
            pod.process.kill()
            await pod.process.wait()
        return Stopped(pod.process.returncode or 0, killed)

    async def end(self) -> None:
        """Of whatever still runs."""
        for pod in self.pods:
            if pod.process is not None and pod.process.returncode is None:
                pod.process.kill()
                await pod.process.wait()

    async def run(self, pod: Pod, *words: str) -> str:
        """`kubectl exec`: what the command prints, which has to end with 0."""
        root = pod.folder / pod.container["name"]
        process = await asyncio.create_subprocess_exec(
            *self._command(["nextvisit", *words], root, pod),
            stdout=PIPE, stderr=STDOUT, cwd=root / "tmp", env=self._env(pod.container, root, pod), **_user(pod),
        )  # fmt: skip
        printed, _ = await process.communicate()
        assert process.returncode == 0, f"{words}: {printed.decode()}"
        return printed.decode()

    async def completes(self, document: Document) -> str:
        """A pod that is begun once and has to end well, as those of `helm test`; what it said."""
        name = document["metadata"]["name"]
        pod = Pod(name, next(self._addresses), self.folder / name, document)
        pod.folder.mkdir(mode=0o755)
        await self._to_its_end(pod, pod.container, beginnings=1)
        return pod.log

    async def _to_its_end(self, pod: Pod, container: Document, *, beginnings: int) -> None:
        root = self._mount(pod, container)
        for _ in range(beginnings):
            process = await self._spawn(pod, container, root)
            if await process.wait() == 0:
                return
            await asyncio.sleep(1)
        message = f"{pod.name}: {container['name']} does not end well: {pod.log[-2000:]}"
        raise AssertionError(message)

    async def _spawn(self, pod: Pod, container: Document, root: Path) -> Process:
        with (pod.folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command(container["command"], root, pod),
                stdin=DEVNULL, stdout=log, stderr=log, cwd=root / "tmp", env=self._env(container, root, pod),
                **_user(pod),
            )  # fmt: skip

    def _command(self, words: list[str], root: Path, pod: Pod) -> list[str]:
        program = {"nextvisit": ["-m", "nextvisit.cli"], "python": []}[words[0]]
        rest = [_rewritten(self.services.get(each, each), root, pod) for each in words[1:]]
        return [enterable_python(), *program, *rest]

    def _env(self, container: Document, root: Path, pod: Pod) -> dict[str, str]:
        given = {each["name"]: each["value"] for each in container.get("env", ())}
        env = {name: f"{root}/tmp" if value == "/tmp" else value for name, value in given.items()}
        env = {name: _rewritten(value, root, pod) for name, value in env.items()}
        # Of the image, and of its /tmp.
        return env | {"PATH": os.defpath, "TMPDIR": f"{root}/tmp", "COLUMNS": "200"}

    async def _until_ready(self, pod: Pod) -> None:
        assert pod.process is not None
        try:
            async with asyncio.timeout(_READY_WITHIN):
                while not await self._is_ready(pod):
                    assert pod.process.returncode is None, f"{pod.name} ended: {pod.log[-3000:]}"
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{pod.name} is not ready: {pod.last_probe}\n{pod.log[-3000:]}") from None

    async def says(self, pod: Pod, check: str, what: str) -> bool:
        """Whether it answers its probe so of that check."""
        await self._is_ready(pod)
        return f'"{check}":"{what}"' in pod.last_probe

    async def metrics(self, pod: Pod) -> str:
        """What a Prometheus reads of it."""
        answer = await _get(pod, "status", "/metrics")
        assert answer.is_success, answer.text
        return answer.text

    async def _is_ready(self, pod: Pod) -> bool:
        at = pod.container["readinessProbe"]["httpGet"]
        try:
            answer = await _get(pod, at["port"], at["path"])
        except httpx2.TransportError as error:
            pod.last_probe = type(error).__name__
            return False
        pod.last_probe = answer.text
        return answer.is_success

    def _mount(self, pod: Pod, container: Document) -> Path:
        """The container's own root: what it mounts, and nothing else."""
        root: Path = pod.folder / container["name"]
        root.mkdir(mode=0o755)
        volumes = {each["name"]: each for each in pod.template["spec"]["volumes"]}
        for mount in container["volumeMounts"]:
            at = root / mount["mountPath"].lstrip("/")
            at.parent.mkdir(parents=True, exist_ok=True)
            self._lay(pod, root, at, volumes[mount["name"]])
        return root

    def _lay(self, pod: Pod, root: Path, at: Path, volume: Document) -> None:
        group = pod.template["spec"]["securityContext"]["fsGroup"]
        match volume:
            case {"emptyDir": _}:
                shared = pod.folder / "volumes" / volume["name"]
                if not shared.exists():
                    lay_empty(shared, group)
                at.symlink_to(shared)
            case {"persistentVolumeClaim": {"claimName": name}}:
                claim = self.folder / "claims" / name
                if not claim.exists():
                    lay_claim(claim, group)
                at.symlink_to(claim)
            case {"configMap": {"name": name, "defaultMode": mode}}:
                texts = self.config_maps[name]
                files = {key: _rewritten(text.decode(), root, pod).encode() for key, text in texts.items()}
                lay_atomically(at, files, group, mode)
            case {"secret": {"secretName": name, "items": items, "defaultMode": mode}}:
                lay_atomically(
                    at, {each["path"]: self.secrets[name][each["key"]] for each in items}, group, mode
                )
            case {"projected": {"sources": sources, "defaultMode": mode}}:
                files = {
                    each["path"]: self.secrets[source["secret"]["name"]][each["key"]]
                    for source in sources
                    for each in source["secret"]["items"]
                }
                lay_atomically(at, files, group, mode)
            case _:
                message = f"no such volume is known here: {volume}"
                raise AssertionError(message)


async def _get(pod: Pod, port: str, path: str) -> httpx2.Response:
    """port: its name."""
    ports = {each["name"]: each["containerPort"] for each in pod.container["ports"]}
    patience = pod.container["readinessProbe"]["timeoutSeconds"]
    async with httpx2.AsyncClient(timeout=patience, trust_env=False) as client:
        return await client.get(f"http://{pod.address}:{ports[port]}{path}")


def _rewritten(text: str, root: Path, pod: Pod) -> str:
    paths = "/etc/nextvisit|/run/nextvisit|/var/lib/nextvisit"
    return re.sub(rf"(?<![\w/])({paths})", rf"{root}\1", text).replace(_ANYWHERE, pod.address)


def _user(pod: Pod) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    security = pod.template["spec"]["securityContext"]
    return {
        "user": security["runAsUser"],
        "group": security["runAsGroup"],
        "extra_groups": [security["fsGroup"]],
        "umask": 0o022,
    }


def _note_peak(pod: Pod) -> None:
    assert pod.process is not None
    status = Path(f"/proc/{pod.process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    pod.peak = int(found[1]) * 1024 if found else 0
