"""Searches everything that a demo has written for what must not be there."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from nextvisit_workflows.runtime.converter import data_converter

PATIENTS_OWN = frozenset({"sandbox-journal.jsonl"})
"""The one file that belongs to the patients and not to the appliance."""

_AT_ONCE = 64 * 1024 * 1024


def leaks(folder: Path, patterns: Mapping[bytes, str]) -> dict[str, set[str]]:
    """File → secrets that are in it in any form. The patients' own file is left out."""
    found: dict[str, set[str]] = {}
    for batch in _batches(folder):
        if _hits(b"\n".join(_searchable(file.read_bytes()) for file in batch), patterns):
            for file in batch:
                here = _hits(_searchable(file.read_bytes()), patterns)
                if here:
                    found[str(file.relative_to(folder))] = here
    return found


def _searchable(content: bytes) -> bytes:
    """As it is, and once more without zero bytes, as `canary.forms` writes UTF-16."""
    return content + b"\n" + content.replace(b"\0", b"")


def hits(content: bytes, patterns: Mapping[bytes, str]) -> set[str]:
    """The secrets in `content`."""
    return _hits(_searchable(content), patterns)


def _hits(content: bytes, patterns: Mapping[bytes, str]) -> set[str]:
    with tempfile.NamedTemporaryFile() as wanted:
        wanted.write(b"\n".join(patterns))
        wanted.flush()
        # grep looks for all of them in one pass.
        ran = subprocess.run(
            ["grep", "--text", "--only-matching", "--fixed-strings", f"--file={wanted.name}"],
            input=content,
            capture_output=True,
            check=False,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        )
    assert ran.returncode in {0, 1}, ran.stderr
    return {patterns[line] for line in ran.stdout.splitlines()}


def _batches(folder: Path) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.name in PATIENTS_OWN:
            continue
        batch.append(file)
        size += file.stat().st_size
        if size > _AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def export_histories(client: Client, keys: Mapping[str, bytes], folder: Path) -> int:
    """Every workflow's history into a file, as the server has it and with its payloads opened; how many."""
    folder.mkdir()
    codec = data_converter(keys).payload_codec
    assert codec is not None
    count = 0
    async for workflow in client.list_workflows():
        count += 1
        handle = client.get_workflow_handle(workflow.id, run_id=workflow.run_id)
        with (folder / f"{count}.history").open("wb") as out:
            async for event in handle.fetch_history_events():
                out.write(event.SerializeToString() + b"\n")
                for payload in await codec.decode(list(_payloads(event))):
                    out.write(payload.SerializeToString() + b"\n")
    return count


def _payloads(message: Message) -> Iterator[Payload]:
    """All of them, however deep."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if isinstance(value, Message):
            yield from _payloads(value)
        else:
            members = value.values() if field.message_type.GetOptions().map_entry else value
            for member in members:
                if isinstance(member, Message):
                    yield from _payloads(member)
