"""The documents are followed to the letter, from an empty folder with the SDK to a plugin that an appliance uses."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nextvisit.sdk.private_file import write_private
from nextvisit.store.vault.root_key import create_vault_file
from tests.cli.installation import settings
from tests.postgres import DatabaseUrls
from tests.sdk import vendors
from tests.sdk.authoring.alone import Environment, appliance, wheel_of
from tests.sdk.documents import Step, steps
from tests.sdk.vendors.ambulo_server import KEY, Ambulo

pytestmark = pytest.mark.drill  # environments are made, and each kit is run three times

INSTALL = "Install it"


def followed(lines: str, by: Environment, at: Path) -> tuple[Path, str]:
    """Where one stands after a block, and what it said. Each line has to end well."""
    said = []
    for line in lines.splitlines():
        if line.startswith("cd "):
            at /= line.removeprefix("cd ")
            continue
        ran = by.shell(line, cwd=at)
        assert ran.code == 0, f"{line}\n{ran.said}"
        said.append(ran.said)
    return at, "\n".join(said)


def written(step: Step, at: Path, known: set[str]) -> None:
    """Into its file: anew, or at the end of what this document has put there."""
    assert step.file is not None
    file = at / step.file
    before = file.read_text(encoding="utf-8") + "\n\n" if step.file in known else ""
    file.write_text(before + step.text, encoding="utf-8")
    known.add(step.file)


def author_s(document: str, alone: Environment, empty: Path) -> Iterator[str]:
    """Everything but what is done in a clinic; what the commands said."""
    at, known = empty, set[str]()
    for step in steps(document):
        if step.file is not None:
            written(step, at, known)
        elif step.language == "sh" and (step.chapter != INSTALL or step.text.startswith("../")):
            at, said = followed(step.text, alone, at)
            yield said


@pytest.fixture
def clinic(tmp_path: Path) -> dict[str, Any]:
    """A whole settings file, of an appliance with no server behind it."""
    create_vault_file(tmp_path / "root.key")
    dsn = "postgresql://app:kept-secret@127.0.0.1:1/nextvisit"
    return settings(tmp_path, DatabaseUrls(dsn, dsn, dsn, tmp_path / "root.key"), 1)


@dataclass(frozen=True, slots=True)
class Leads:
    """Where a document leads: a connection of the settings, and what it answers."""

    document: str
    kind: str
    slug: str
    connection: str
    answers: str


@pytest.mark.parametrize(
    "leads",
    [
        Leads("write_an_adapter.md", "mis", "export", "clinic", "export file"),
        Leads("write_a_channel.md", "channels", "folder", "modem", "folder"),
    ],
    ids=lambda each: each.slug,
)
def test_a_document_leads_from_an_empty_folder_to_a_plugin_in_an_appliance(
    leads: Leads, alone: Environment, tmp_path: Path, clinic: dict[str, Any]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    told = "\n".join(author_s(leads.document, alone, empty))
    assert told.count(" passed") == 3
    assert told.count("It is right.") == 1

    last = [each for each in steps(leads.document) if each.chapter == INSTALL]
    (wanted,) = [each for each in last if each.language == "yaml"]
    _, install, ask = [each for each in last if each.language == "sh"]
    here = appliance(tmp_path / "appliance")
    config = _configured(clinic, leads.kind, wanted.text, tmp_path)
    followed(install.text, here, empty)
    _require_used(here, config, leads, ask.text.splitlines())


def _require_used(here: Environment, config: Path, leads: Leads, commands: Sequence[str]) -> None:
    """There is no database in this clinic; the connection answers all the same."""
    plugins, about, doctor = (
        here.shell(f"NEXTVISIT_CONFIG={config} {line}", cwd=config.parent) for line in commands
    )
    assert (plugins.code, about.code) == (0, 0), plugins.said + about.said
    assert re.search(rf"{leads.slug} +{leads.slug}-nextvisit +0\.1\.0", plugins.said), plugins.said
    assert "By its own word it " in about.said
    heard = [line for line in doctor.said.splitlines() if leads.connection in line]
    assert any(leads.answers in line for line in heard), doctor.said


@pytest.mark.anyio
async def test_a_vendor_takes_the_place_of_the_invented_one_and_is_asked_by_an_appliance(
    alone: Environment, tmp_path: Path, clinic: dict[str, Any]
) -> None:
    """The stub, the adapter, the kit and the claims are replaced, as the README of what was made says."""
    begun = alone.shell("nextvisit-plugin new mis ambulo", cwd=tmp_path)
    assert begun.code == 0, begun.said
    folder = tmp_path / "ambulo-nextvisit"
    package, tests = folder / "ambulo_nextvisit", folder / "tests"
    (tests / "ambulo_server.py").write_text(_theirs("ambulo_server.py"), encoding="utf-8")
    (package / "adapter.py").write_text(_theirs("ambulo.py"), encoding="utf-8")
    hook = (package / "__init__.py").read_text(encoding="utf-8")
    build = "lambda settings: AmbuloAdapter(settings.url, reveal(settings.key))"
    hook = hook.replace("AmbuloSettings, AmbuloAdapter)", f"AmbuloSettings, {build})")
    hook = hook.replace("\n\n@hookimpl", "\nfrom nextvisit.sdk.settings import reveal\n\n@hookimpl")
    (package / "__init__.py").write_text(hook, encoding="utf-8")
    (tests / "test_kit.py").write_text(KIT, encoding="utf-8")
    (package / "quality.yaml").write_text(ALL, encoding="utf-8")

    checked = alone.shell("nextvisit-plugin check ambulo-nextvisit", cwd=tmp_path)
    assert checked.code == 0, checked.said
    assert "books (but whose) · survives cuts · proves deletes" in checked.said

    here = appliance(tmp_path / "appliance")
    followed(f"python -m pip install {wheel_of(folder, tmp_path / 'dist')}", here, tmp_path)
    (readme,) = re.findall(r"```yaml\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    async with Ambulo().serving() as port:
        config = _configured(
            clinic, "mis", readme, tmp_path, url=f"http://127.0.0.1:{port}", zone="Europe/Warsaw", key=KEY
        )
        leads = Leads("", "mis", "ambulo", "clinic", "Ambulo 4.2")
        commands = ("nextvisit plugins", "nextvisit plugin about ambulo", "nextvisit doctor")
        await asyncio.to_thread(_require_used, here, config, leads, commands)


def _theirs(name: str) -> str:
    """A module of the invented vendor's, where an author has it."""
    text = (Path(vendors.__file__).parent / name).read_text(encoding="utf-8")
    return text.replace("tests.sdk.vendors.ambulo_server", "tests.ambulo_server")


KIT = '''"""The kit."""

from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from nextvisit.sdk.records import HumanName, MisRef, Patient, SlotQuery, Specialty
from nextvisit.sdk.testing.fault_proxy import FaultProxy, reads, too_many, writes
from nextvisit.sdk.testing.http_stub import closed_port
from nextvisit.sdk.testing.suites import MisAdapterSuite, MisPeer

from ambulo_nextvisit.adapter import ZONE, AmbuloAdapter
from tests.ambulo_server import KEY, Ambulo


class TestAmbulo(MisAdapterSuite):
    @asynccontextmanager
    async def peer(self):
        mis = Ambulo()
        now = datetime.now(ZONE)
        async with mis.serving() as port, FaultProxy(port) as proxy:
            base, absent = f"http://127.0.0.1:{proxy.port}", f"http://127.0.0.1:{closed_port()}"
            yield MisPeer(
                adapter=lambda: AmbuloAdapter(base, KEY),
                patient=MisRef("Patient/1"),
                wanted=SlotQuery(Specialty("cardiology"), now, now + timedelta(days=21)),
                unreachable=lambda: AmbuloAdapter(absent, KEY),
                wrong_login=lambda: AmbuloAdapter(base, "wrong-key-8461"),
                canaries=("Kanarek", "Czyżyk", "Szczygieł", KEY, "wrong-key-8461"),
                expected=[
                    Patient(MisRef("Patient/2"), "1", None, name=HumanName(family="Czyżyk"), deceased=True)
                ],
                local_times={
                    MisRef("Visit/1"): datetime(2026, 1, 15, 9, 30, tzinfo=ZONE),
                    MisRef("Visit/2"): datetime(2026, 7, 15, 9, 30, tzinfo=ZONE),
                },
                change=mis.change,
                delete=mis.delete,
                break_page=mis.break_page,
                break_detail=mis.break_detail,
                turn_clock=mis.turn_clock,
                cut_next=lambda sort: proxy.cut_next(reads if sort == "read" else writes),
                throttle_next=lambda wait: proxy.answer_next(lambda _: True, too_many(wait)),
            )
'''
ALL = """kind: mis
reads:
  answers: done
  capabilities: {exempt: "the plugin says no capabilities yet"}
  everything: done
  as_meant: done
  patients: done
  local_times: done
  resumes: done
  changes: done
  their_clock: done
  pure: done
  no_guess: done
  unreadable: done
  details: done
  absent: done
  login: done
  paced: {exempt: "no capability says it"}
  silent: done
  hears: {exempt: "Ambulo tells nothing unasked"}
  calls: {exempt: "Ambulo tells nothing unasked"}
  challenges: {exempt: "Ambulo tells nothing unasked"}
  session: {exempt: "Ambulo tells nothing unasked"}
books: {free: done, whose: {exempt: "no capability says it"}, once: done, found: done, taken: done, cancels: done, moves: done, silent: done}
survives_cuts: {cut_pull: done, throttled_pull: done, cut_booking: done, cut_move: done, refused_booking: done}
proves_deletes: {learns: done, lists: done}
"""


def _configured(clinic: dict[str, Any], kind: str, text: str, folder: Path, **instead: str) -> Path:
    """The clinic's settings with the document's, whose places are made.

    instead: of a value of theirs; of a secret, what is in its file.
    """
    root = folder / "machine"
    document = json.loads(json.dumps(YAML(typ="safe").load(text)))
    for connection in document[kind].values():
        for key, value in connection["settings"].items():
            if value.startswith("file:"):
                there = root / value.removeprefix("file:/")
                there.parent.mkdir(parents=True, exist_ok=True)
                write_private(there, instead.get(key, "a secret"))
                connection["settings"][key] = f"file:{there}"
            elif value.startswith("/"):
                connection["settings"][key] = str(_there_is(root / value.lstrip("/")))
            else:
                connection["settings"][key] = instead[key]
    config = folder / "nextvisit.yaml"
    config.write_text(json.dumps(clinic | document), encoding="utf-8")
    config.chmod(0o600)
    return config


def _there_is(place: Path) -> Path:
    """A file if it is called as one, else a folder."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.suffix:
        place.touch()
    else:
        place.mkdir()
    return place
