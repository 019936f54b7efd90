"""Journeys that began under an earlier release go on under this one.

Record with `NEXTVISIT_RECORD_HISTORIES=1 pytest tests/workflows`; never delete a
history that a release has made. They are recorded under the fixed key below, which protects nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.converter import WorkflowSerializationContext
from temporalio.worker import Replayer

from nextvisit.clock import ScaledClock
from nextvisit.files.part import SourceFile
from nextvisit.flow.language.load import load_campaign
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.converter import data_converter
from nextvisit_workflows.runtime.worker import workflow_runner
from nextvisit_workflows.workflows.journey import PatientJourney
from tests.world.campaigns import RECALL, RECALL_WORDS
from tests.world.workers import HISTORIES, RECORDING_KEYS

pytestmark = pytest.mark.anyio

NAMESPACE = "default"
"""In which they were recorded."""
RECORDED = sorted(HISTORIES.glob("*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
async def test_a_recorded_history_replays(path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    # A history is only as deterministic as the clock that it was made by.
    registry.set_clock(ScaledClock.from_json(json.dumps(recorded["clock"])), timedelta(seconds=10))
    registry.add(
        load_campaign(SourceFile("campaign.yaml", RECALL), [SourceFile("messages/en.yaml", RECALL_WORDS)])
    )
    replayer = Replayer(
        workflows=[PatientJourney],
        data_converter=data_converter(RECORDING_KEYS),
        workflow_runner=workflow_runner(sandboxed=True),
        namespace=NAMESPACE,
    )
    await replayer.replay_workflow(WorkflowHistory.from_json(recorded["workflow"], recorded["history"]))


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
async def test_all_that_a_recorded_history_carries_can_be_read(path: Path) -> None:
    """What a replay does not look at could be anything."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    carried = [ParseDict(dict(each), Payload()) for each in payloads(recorded["history"])]
    assert carried
    bound = WorkflowSerializationContext(NAMESPACE, recorded["workflow"])
    codec = data_converter(RECORDING_KEYS).with_context(bound).payload_codec
    assert codec is not None
    read = await codec.decode(carried)
    assert {each.metadata["encoding"] for each in read} <= {b"json/plain", b"binary/null"}


def payloads(part: object) -> Iterator[Mapping[str, Any]]:
    """Every payload within a history that was read as JSON, but what Temporal's core notes for itself."""
    if isinstance(part, Mapping):
        if "encoding" in part.get("metadata", {}):
            yield part
        elif part.get("markerName") == "core_local_activity":
            yield from payloads(part["details"]["result"])
        else:
            for each in part.values():
                yield from payloads(each)
    elif isinstance(part, list):
        for each in part:
            yield from payloads(each)


def test_there_are_recorded_histories() -> None:
    assert len(RECORDED) >= 3
