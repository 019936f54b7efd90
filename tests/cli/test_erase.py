"""`nextvisit patient erase` and `nextvisit patient replay`."""

from __future__ import annotations

import stat
from datetime import UTC, datetime

from nextvisit.domain.connections import Connections
from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Database
from nextvisit.store.people import patients
from nextvisit.store.people.identity import PatientId
from nextvisit.store.people.upsert import Reach, upsert_many
from tests.cli.installation import Installation
from tests.world.records import a_patient

_REACH = Reach(Connections(()).addresses, "PL")


async def _arrives(database: Database) -> PatientId:
    async with database.transaction() as tx:
        (one,) = await upsert_many(tx, "clinic", [a_patient()], reach=_REACH)
        return one.id


async def _known(database: Database) -> bool:
    async with database.transaction() as tx:
        found = await patients.by_ref(tx, "clinic", MisRef("Patient/1"))
        return found is not None and not await patients.is_erased(tx, found)


def test_a_patient_is_erased_only_when_it_is_meant(installed: Installation) -> None:
    patient = installed.in_store(_arrives)
    words = ("patient", "erase", str(patient), "--why", "request", "--by", "anna")
    refused = installed.run(*words)
    assert refused.code == 2
    assert "nothing was done" in refused.err
    assert installed.in_store(_known)
    assert installed.run(*words, "--yes").code == 0
    assert not installed.in_store(_known)
    assert "already" in installed.run(*words, "--yes").out


def test_who_was_erased_is_noted_for_the_owner_alone_and_erased_again(installed: Installation) -> None:
    patient = installed.in_store(_arrives)
    assert installed.run("patient", "replay").out.strip() == "nobody had come back"
    done = installed.run("patient", "erase", str(patient), "--why", "unlawful", "--by", "anna", "--yes")
    file = installed.config.parent / "erased.jsonl"
    assert done.code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1
    assert installed.run("patient", "replay", "--json").json == {"erased": 0}


def test_a_list_that_was_lost_is_made_again_of_what_the_database_knows(installed: Installation) -> None:
    patient = installed.in_store(_arrives)
    installed.run("patient", "erase", str(patient), "--why", "request", "--by", "anna", "--yes")
    file = installed.config.parent / "erased.jsonl"
    kept = file.read_text(encoding="utf-8")
    file.unlink()
    assert installed.run("patient", "replay").code == 0
    assert file.read_text(encoding="utf-8") == kept


def test_a_list_that_was_damaged_is_named_and_not_passed_over(installed: Installation) -> None:
    installed.in_store(_arrives)
    file = installed.config.parent / "erased.jsonl"
    file.write_text(f'{{"patient": "x", "at": "{datetime.now(UTC)}"}}\n', encoding="utf-8")
    said = installed.run("patient", "replay")
    assert said.code != 0
    assert "erased.jsonl:1" in said.err
