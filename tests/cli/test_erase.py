"""`nextvisit patient erase` and `nextvisit patient replay`."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from nextvisit.domain.connections import Connections
from nextvisit.install.bootstrap import open_appliance
from nextvisit.install.erased_list import ErasedList
from nextvisit.install.roles import worker
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import MisRef
from nextvisit.store.base.engine import Database
from nextvisit.store.people import patients
from nextvisit.store.people.identity import PatientId
from nextvisit.store.people.upsert import Reach, upsert_many
from tests.cli.installation import Installation
from tests.world.heartbeats import a_life
from tests.world.records import a_patient

_REACH = Reach(Connections(()).addresses, "PL")


async def _arrives(database: Database, number: int = 1) -> PatientId:
    async with database.transaction() as tx:
        (one,) = await upsert_many(tx, "clinic", [a_patient(number)], reach=_REACH)
        return one.id


async def _known(database: Database, number: int = 1) -> bool:
    async with database.transaction() as tx:
        found = await patients.by_ref(tx, "clinic", MisRef(f"Patient/{number}"))
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
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2
    assert installed.run("patient", "replay", "--json").json == {"erased": 0, "noted": 0}


def test_whom_the_list_does_not_name_and_the_database_knows_is_noted(installed: Installation) -> None:
    file = _list_of_three(installed)
    kept = file.read_bytes()
    file.write_bytes(b"".join(kept.splitlines(keepends=True)[:2]))
    assert "2 who were erased" in _of_doctor(installed)
    assert "2 whom the list did not name" in installed.run("patient", "replay").out
    assert len(file.read_bytes().splitlines()) == 4
    assert installed.run("patient", "replay", "--json").json == {"erased": 0, "noted": 0}


DAMAGED: dict[str, tuple[Callable[[list[bytes]], bytes | None], str, str]] = {
    "lost": (lambda _: None, "erased.lost", ""),
    "emptied": (lambda _: b"", "erased.lost", ""),
    "headless": (lambda lines: b"".join(lines[1:]), "erased.broken", ":1"),
    "taken out": (lambda lines: b"".join([*lines[:2], *lines[3:]]), "erased.broken", ":3"),
    "changed": (lambda lines: b"".join([*lines[:2], lines[2].replace(b"clinic", b"hospital"), lines[3]]), "erased.broken", ":3"),
    "twice": (lambda lines: b"".join([*lines, lines[3]]), "erased.broken", ":5"),
    "in another order": (lambda lines: b"".join([lines[0], lines[2], lines[1], lines[3]]), "erased.broken", ":2"),
    "no entry": (lambda lines: b"".join([*lines[:2], b"x\n", *lines[2:]]), "erased.broken", ":3"),
}  # fmt: skip


@pytest.mark.parametrize("how", DAMAGED)
def test_a_list_that_is_lost_or_not_whole_stops_whoever_would_write_to_them(
    installed: Installation, how: str
) -> None:
    """The doctor says it too, and nothing makes another one in silence."""
    file = _list_of_three(installed)
    damage, code, line = DAMAGED[how]
    content = damage(file.read_bytes().splitlines(keepends=True))
    file.unlink() if content is None else file.write_bytes(content)
    said = installed.run("patient", "replay")
    assert said.code == 3
    assert f"{code}: {file}{line}: " in said.err
    assert "`nextvisit patient begin-list --lost`" in said.err
    assert code in _of_doctor(installed)
    patient = installed.in_store(partial(_arrives, number=9))
    refused = installed.run("patient", "erase", str(patient), "--why", "request", "--by", "anna", "--yes")
    assert (refused.code, installed.in_store(partial(_known, number=9))) == (3, True), "nor is anybody erased"
    with pytest.raises(ConfigError, match=code):
        asyncio.run(worker_begins(installed))
    assert (file.read_bytes() if file.exists() else None) == content


def test_a_list_that_cannot_be_read_is_not_taken_for_one_that_is_lost(installed: Installation) -> None:
    (installed.config.parent / "erased.jsonl").mkdir()
    said = installed.run("patient", "replay")
    assert (said.code, "erased.unreadable" in said.err) == (3, True)


def test_a_list_of_another_installation_is_told_apart(installed: Installation) -> None:
    file = _list_of_three(installed)
    other = ErasedList(file.with_name("other"), lambda text: hashlib.sha256(text.encode()).digest())
    other.begin(datetime.now(UTC), [])
    other.path.replace(file)
    assert "another installation" in installed.run("patient", "replay").err


def test_who_lost_the_list_for_good_says_so_and_is_told_what_nobody_knows(installed: Installation) -> None:
    file = _list_of_three(installed)
    there = installed.run("patient", "begin-list", "--lost", "--by", "anna")
    assert "erased.there" in there.err
    file.unlink()
    assert installed.run("patient", "begin-list", "--by", "anna").code == 2
    done = installed.run("patient", "begin-list", "--lost", "--by", "anna")
    assert "names 3" in done.out
    assert "erase them again" in done.out
    assert installed.run("patient", "replay").code == 0
    assert "names 3" in _of_doctor(installed)

    async def entries(database: Database) -> list[str]:
        async with database.transaction() as tx:
            found = text("SELECT actor FROM audit_event WHERE action = 'erasure.list_begun' ORDER BY at_wall")
            return list((await tx.connection.execute(found)).scalars())

    assert [each.split(" [")[0] for each in installed.in_store(entries)] == ["appliance", "anna"]


@pytest.mark.parametrize("left", range(1, 80, 13))
def test_a_line_that_was_broken_off_is_no_damage(installed: Installation, left: int) -> None:
    """The deed was not done: it waits for the line to be on the disk."""
    file = _list_of_three(installed)
    before = file.read_bytes()
    last = before.splitlines(keepends=True)[-1]
    file.write_bytes(before + last[:left])
    assert installed.run("patient", "replay").code == 0
    patient = installed.in_store(partial(_arrives, number=9))
    assert (
        installed.run("patient", "erase", str(patient), "--why", "request", "--by", "anna", "--yes").code == 0
    )
    assert file.read_bytes().startswith(before)
    assert len(file.read_bytes().splitlines()) == 5
    file.write_bytes(file.read_bytes()[:-1])  # as an editor may leave it
    assert installed.run("patient", "replay", "--json").json == {"erased": 0, "noted": 0}


def test_a_worker_of_an_installation_without_a_list_says_how_it_is_begun(installed: Installation) -> None:
    """It reads the list alone: a plugin in it has no business with who was erased."""
    with pytest.raises(ConfigError, match=r"erased\.not_begun.*`nextvisit vault grant`"):
        asyncio.run(worker_begins(installed))
    assert not (installed.config.parent / "erased.jsonl").exists()
    assert installed.run("vault", "grant").code == 0
    asyncio.run(worker_begins(installed))


def _of_doctor(installed: Installation) -> str:
    asked = installed.run("doctor", "--json").json
    (found,) = (each for each in asked if each["what"] == "erased list")
    return str(found)


async def worker_begins(installed: Installation) -> None:
    """As far as the list, which is before anything is read or sent."""
    async with open_appliance(installed.config) as appliance:
        life = a_life("worker", installed.config.parent, instance=appliance.instance)
        stop = asyncio.Event()
        stop.set()
        await worker(appliance, stop, life)


def _list_of_three(installed: Installation) -> Path:
    for number in range(3):
        patient = installed.in_store(partial(_arrives, number=number + 1))
        words = ("patient", "erase", str(patient), "--why", "request", "--by", "anna", "--yes")
        if number == 0:
            assert installed.run("patient", "replay").code == 0  # as a worker begins it
        assert installed.run(*words).code == 0
    return installed.config.parent / "erased.jsonl"
