"""Campaign versions into a worker's memory."""

from __future__ import annotations

import pytest

from nextvisit.sdk.records import Purpose
from nextvisit.store.campaigns import campaigns
from nextvisit_workflows.runtime import registry
from nextvisit_workflows.runtime.versions import load_all
from tests.world.workers import WorkingClinic

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("factor", [1000.0])]


async def test_a_version_that_cannot_be_read_keeps_no_other_from_loading(clinic: WorkingClinic) -> None:
    async with clinic.db.transaction() as tx:
        files = {"campaign.yaml": "campaign: [of next year"}
        await campaigns.store_version(
            tx, "aaa", "unreadable-1", files, purpose=Purpose.RECALL, applied_by="ann"
        )
    readable = await clinic.run_campaign()
    async with clinic.db.transaction() as tx:
        await campaigns.store_version(
            tx, "zzz", "unreadable-2", files, purpose=Purpose.RECALL, applied_by="ann"
        )
    said = set[str]()
    await load_all(clinic.db, said)
    assert registry.get("recall", readable) is not None
    assert said == {"unreadable-1", "unreadable-2"}
    assert registry.get("aaa", "unreadable-1") is None
