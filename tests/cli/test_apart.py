"""One role with connections in processes of their own beside one in the role: what takes its process along is named
by doctor, and nobody else notices.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import uvloop

from nextvisit.install.bootstrap import Appliance, open_appliance
from nextvisit.intake.pull import pull
from nextvisit.sdk.private_file import write_private
from nextvisit.sdk.records import MisRef
from nextvisit.store.people import patients
from tests.cli.installation import Installation
from tests.install.apart.plugins import ACME, MEMORY
from tests.world.records import CANARY

DOES = {
    "right": "",
    "eats": "type(self).parse = lambda self, body: [bytearray(8 * 1024 * 1024) for _ in iter(int, 1)]",
    "exits": "type(self).parse = lambda self, body: os._exit(3)",
}


def test_what_takes_its_process_along_is_named_and_nobody_else_notices(
    installed: Installation, tmp_path: Path, logs: list[Any]
) -> None:
    trials = tmp_path / "trials"
    trials.mkdir(mode=0o755)
    write_private(trials / "acme.py", ACME)

    def ours(document: dict[str, Any]) -> None:
        document["plugins_dir"] = str(trials)
        document["mis"] = {
            does: {"adapter": "acme", "sync_every": "1 hour", "process": {"memory": MEMORY}, "settings": {"builds": builds}}
            for does, builds in DOES.items()
        }  # fmt: skip
        document["mis"]["here"] = {"adapter": "acme", "sync_every": "1 hour", "settings": {}}
        document["channels"] = {}

    async def scenario() -> None:
        async with open_appliance(installed.config) as appliance:
            pulled = [pull(appliance.database, each, appliance.mis[each]) for each in appliance.mis]
            assert len(await asyncio.gather(*pulled)) == 4
            await appliance.intake().drain(1000)
            for source in ("here", "right"):
                assert await known(appliance, source), source
            for source in ("eats", "exits"):
                assert not await known(appliance, source), source

    installed.rewrite(ours)
    uvloop.run(scenario())  # as the roles do
    examined = {each["what"]: each for each in installed.run("doctor", "--json").json}
    said = [each["says"] for each in examined["calls"]["findings"]]
    for begins in (
        "eats: `parse` of acme failed with MemoryError, ",
        "eats: acme ended its process: out of memory, ",
        "exits: `parse` of acme ended its process: exit code 3, ",
    ):
        assert [each for each in said if each.startswith(begins)], said
    (spent,) = [each for each in examined["calls"]["findings"] if "out of memory" in each["says"]]
    assert spent["do"].startswith("if what it reads may be that large, raise `process.memory`")
    assert not [each for each in said if each.startswith(("right", "here"))]
    assert examined["mis right"]["ok"]
    assert [each["error"] for each in logs if each["event"] == "plugin.faulty" and each["kind"] == "died"]
    assert installed.run("inbox", "list", "--state", "parked").out.count("parser_bug") == 1
    assert CANARY not in repr(examined) + repr(logs)


async def known(appliance: Appliance, source: str) -> bool:
    async with appliance.database.transaction() as tx:
        found = [await patients.by_ref(tx, source, MisRef(f"Patient/{number}")) for number in (1, 2, 3)]
    return None not in found
