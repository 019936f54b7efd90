"""Which mutations of the code does no test notice? `make mutate`, or `python -m bench.mutants domain`.

mutmut makes the mutants and runs the tests that reach each. It takes a file's path for its module's name,
which holds in a folder `src` and not in our source roots; so each room is mutated in a copy under `var/`.
mutmut forks after all modules are imported, so what runs while they are imported never meets its mutant
there: such a survivor is asked after once more, in a process of its own.
A survivor is killed by a test that states a promise, or it stands in `equivalent_mutants.toml` with the
reason why nobody could tell it from the code. Any other fails the run; so does an entry that is killed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from tests.postgres import SHARED, SharedServer, server_with_template

ROOT = Path(__file__).parent.parent
KNOWN = Path(__file__).with_name("equivalent_mutants.toml")
ENVIRONMENT = os.environ | {"TZ": "Pacific/Kiritimati"}
"""Far from every zone of the tests, so that code which asks the machine's zone instead is seen."""
_SAME_EVERY_TIME = ["-p", "no:randomly", "-p", "no:xdist", "--hypothesis-seed=0"]
STATES = {0: "survived", 33: "no tests", 5: "no tests", 24: "timeout", -24: "timeout", 36: "timeout"}
"""By the exit code that mutmut keeps of a mutant's tests; any other is a kill."""


UNNOTICED = {"survived", "no tests", "not run"}


@dataclass(frozen=True, slots=True)
class Room:
    """What is mutated, and the tests that must notice. stored: they need PostgreSQL."""

    mutated: Sequence[str]
    tests: Sequence[str]
    stored: bool = False


ROOMS = {
    "domain": Room(["nextvisit/domain/*", "nextvisit/sdk/addresses.py"], ["tests/domain", "tests/segments"]),
    "flow": Room(["nextvisit/flow/*"], ["tests/flow", "tests/golden", "tests/domain"]),
    "ledger": Room(
        ["nextvisit/store/messages/ledger.py", "nextvisit/store/messages/delivery_ladder.py"],
        ["tests/store/messages"],
        stored=True,
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Mutation:
    """A line of a function that was changed; `was` is empty where a line was added."""

    function: str
    was: str
    becomes: str


def stage(name: str, room: Room, *, again: bool) -> Path:
    """The folder in which mutmut runs; `again` keeps what it found there except the survivors."""
    folder = ROOT / "var" / "mutants" / name
    if not again:
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder / "mutants" / "tests", ignore_errors=True)
    for meta in folder.glob("mutants/**/*.meta"):
        kept = json.loads(meta.read_text("utf-8"))
        codes = kept["exit_code_by_key"]
        kept["exit_code_by_key"] = {key: None if code in STATES else code for key, code in codes.items()}
        meta.write_text(json.dumps(kept), "utf-8")
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for source, target in (("core/nextvisit", "src/nextvisit"), ("tests", "tests"), ("docs", "docs")):
        shutil.rmtree(folder / target, ignore_errors=True)
        shutil.copytree(ROOT / source, folder / target, ignore=ignored)
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{pattern}" for pattern in room.mutated],
        "also_copy": ["docs"],
        # What a mutant does is the same in every run.
        "pytest_add_cli_args": _SAME_EVERY_TIME,
        "pytest_add_cli_args_test_selection": list(room.tests),
        "use_git_change_detection": False,
    }
    sections = {"tool.mutmut": settings, "tool.pytest.ini_options": options}
    lines = [
        line
        for section, values in sections.items()
        for line in (f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()))
    ]
    (folder / "pyproject.toml").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@contextmanager
def ground(room: Room) -> Iterator[Mapping[str, str]]:
    """What its tests find in their environment; to start a database for each would be most of the work."""
    if not room.stored:
        yield ENVIRONMENT
        return
    with server_with_template() as server:
        shared = {each.name: str(getattr(server, each.name)) for each in fields(SharedServer)}
        yield ENVIRONMENT | {SHARED: json.dumps(shared)}


def run(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What became of each mutant, by its name."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", os.environ.get("JOBS", "1")]
    with (folder / "mutmut.log").open("w", encoding="utf-8") as log:
        subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=True)
    codes: dict[str, int | None] = {}
    for meta in folder.glob("mutants/**/*.meta"):
        codes |= json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    return {name: "not run" if code is None else STATES.get(code, "killed") for name, code in codes.items()}


def afresh(
    folder: Path, room: Room, states: dict[str, str], found_there: Mapping[str, str]
) -> dict[str, str]:
    """The states, once the survivors among what runs at import have been met from the beginning."""
    root = folder / "mutants"
    command = [sys.executable, "-c", _RUN_AT_IMPORT, *room.mutated]
    environment = {**found_there, "PYTHONPATH": str(root / "src")}
    asked = environment | {"MUTANT_UNDER_TEST": "stats"}
    told = subprocess.run(command, cwd=root, env=asked, capture_output=True, text=True, check=True)
    at_import = set(json.loads(told.stdout))
    found = dict(states)
    for mutant, state in states.items():
        if state in UNNOTICED and mutant.rsplit("__mutmut_", 1)[0] in at_import:
            tests = [sys.executable, "-m", "pytest", "-x", "-q", *_SAME_EVERY_TIME, *room.tests]
            met = environment | {"MUTANT_UNDER_TEST": mutant}
            with (folder / "afresh.log").open("a", encoding="utf-8") as log:
                ended = subprocess.run(tests, cwd=root, env=met, stdout=log, stderr=log, check=False)
            found[mutant] = "killed" if ended.returncode else "survived"
    return found


_RUN_AT_IMPORT = """
import importlib, json, sys
from pathlib import Path
for pattern in sys.argv[1:]:
    for path in sorted(Path("src").glob(pattern.replace("*", "**/*.py") if "*" in pattern else pattern)):
        importlib.import_module(".".join(path.relative_to("src").with_suffix("").parts).removesuffix(".__init__"))
from mutmut.state import state
print(json.dumps(sorted(state()._stats)))
"""


def mutations(folder: Path, mutants: Sequence[str]) -> list[Mutation]:
    """What mutmut changed there."""
    command = [sys.executable, "-c", _SHOW, *mutants]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return [_mutation(mutant, diff) for mutant, diff in zip(mutants, json.loads(shown), strict=True)]


_SHOW = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
print(json.dumps([get_diff_for_mutant(name) for name in sys.argv[1:]]))
"""


def _mutation(mutant: str, diff: str) -> Mutation:
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    was, becomes = (
        "\n".join(line[1:].strip() for line in changed if line.startswith(sign)) for sign in ("-", "+")
    )
    function = mutant.removeprefix("nextvisit.").rsplit("__mutmut_", 1)[0]
    return Mutation(function.replace(".x_", ".").replace("xǁ", "").replace("ǁ", "."), was, becomes)


def equivalent(room: str) -> list[Mutation]:
    """Those that the list names, each with its reason."""
    entries = tomllib.loads(KNOWN.read_text("utf-8")).get(room, [])
    assert all(entry["why"] for entry in entries)
    return [Mutation(entry["function"], entry["was"], entry["becomes"]) for entry in entries]


def judge(name: str, *, again: bool) -> bool:
    """True if nothing survives that is not named."""
    room = ROOMS[name]
    folder = stage(name, room, again=again)
    with ground(room) as environment:
        states = afresh(folder, room, run(folder, environment), environment)
    unnoticed = sorted(mutant for mutant, state in states.items() if state in UNNOTICED)
    alive = mutations(folder, unnoticed)
    known = equivalent(name)
    counts = ", ".join(f"{number} {state}" for state, number in sorted(Counter(states.values()).items()))
    print(f"{name}: {len(states)} mutants: {counts}")
    unlisted, gone = Counter(alive) - Counter(known), Counter(known) - Counter(alive)
    _tell("survives, and is not named equivalent", unlisted.elements())
    _tell("is named equivalent, and does not survive", gone.elements())
    return not unlisted and not gone


def _tell(what: str, mutations: Iterable[Mutation]) -> None:
    for each in mutations:
        print(f"\n{each.function}: {what}\n  - {each.was}\n  + {each.becomes}".replace("\n+", "\n  +"))


def main(words: Sequence[str]) -> int:
    """The rooms that `words` name, or all; `--again` asks only after what survived last time."""
    again = "--again" in words
    rooms = [word for word in words if word != "--again"] or list(ROOMS)
    judged = [judge(room, again=again) for room in rooms]
    return 0 if all(judged) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
