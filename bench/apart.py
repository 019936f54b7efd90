"""What a process of its own costs a connection: a page of FHIR parsed there, and parsed in the role."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.ground import Ground
from bench.intake import pages_of
from bench.measure import Result, Size, in_turns
from nextvisit.calls.troubles import Troubles
from nextvisit.install.building import mis_adapter
from nextvisit.install.plugins import plugins_of
from nextvisit.install.settings import Settings, load_settings
from nextvisit.sdk.ports import MisAdapter
from nextvisit.sdk.private_file import write_private

NAME: Final = "apart"
_ROUNDS: Final[Mapping[Size, int]] = {"full": 5, "quick": 2, "tiny": 1}
_CALLS: Final[Mapping[Size, int]] = {"full": 2_000, "quick": 200, "tiny": 20}
_NOTHING: Final = b'{"resourceType": "Bundle", "type": "searchset"}'
_HERE, _APART = "in the role", "in a process of its own"


async def run(ground: Ground, size: Size) -> Sequence[Result]:
    """Needs no server."""
    del ground
    page = pages_of(200)[0]
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder))
        plugins = plugins_of(settings)
        built = {slug: mis_adapter(settings, plugins, slug, Troubles()) for slug in settings.mis}
        try:
            results = []
            for what, body, times in (
                ("a page of 200 patients parsed", page, max(1, _CALLS[size] // 40)),
                ("a call that has nothing to do", _NOTHING, _CALLS[size]),
            ):
                taken = await in_turns(
                    _ROUNDS[size],
                    {slug: partial(asyncio.to_thread, _each, built[slug], body, times) for slug in built},
                )
                results.append(Result(NAME, what, "ms", taken["apart"], _HERE, taken["here"]))
            taken = await in_turns(
                _ROUNDS[size], {slug: partial(asyncio.to_thread, _begun, settings, slug) for slug in built}
            )
            results.append(Result(NAME, "a connection built", "ms", taken["apart"], _HERE, taken["here"]))
            return results
        finally:
            for each in built.values():
                _end(each)


def _each(adapter: MisAdapter, body: bytes, times: int) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    for _ in range(times):
        adapter.parse(body)
    return (time.perf_counter() - began) * 1000 / times


def _begun(settings: Settings, slug: str) -> float:
    """Milliseconds from the settings to an adapter that answers."""
    began = time.perf_counter()
    built = mis_adapter(settings, plugins_of(settings), slug, Troubles())
    lasted = (time.perf_counter() - began) * 1000
    _end(built)
    return lasted


def _end(adapter: MisAdapter) -> None:
    """Its process, if it has one; a guard gives what stands behind it."""
    if (keeper := getattr(adapter, "keeper", None)) is not None:
        keeper.end()


def _settings(folder: Path) -> Settings:
    at = {name: str(folder / name) for name in ("root.key", "intake.key", "erased.jsonl", "dsn")}
    for each in at.values():
        write_private(Path(each), "-")
    clinic: dict[str, Any] = {
        "adapter": "fhir_r4",
        "sync_every": "1 hour",
        "settings": {"base_url": "http://127.0.0.1:1"},
    }
    document = {
        "site": {
            "name": "Bench",
            "phone": "+48221234567",
            "zone": "Europe/Warsaw",
            "country": "PL",
            "languages": ["pl"],
            "public_url": "https://bench.example",
        },
        "database": {"app": f"file:{at['dsn']}", "owner": f"file:{at['dsn']}"},
        "temporal": {"address": "127.0.0.1:1"},
        "vault": {
            "root_key_file": at["root.key"],
            "intake_key_file": at["intake.key"],
            "erased_file": at["erased.jsonl"],
        },
        "mis": {"here": clinic, "apart": {**clinic, "process": {"memory": "512MiB"}}},
        "channels": {},
    }
    file = folder / "nextvisit.yaml"
    write_private(file, json.dumps(document))
    return load_settings(file)
