"""`nextvisit-plugin`, for who has the SDK and no engine. `nextvisit plugin` of the engine says the same."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from nextvisit.sdk.authoring.about import about
from nextvisit.sdk.authoring.check import check
from nextvisit.sdk.authoring.new import FILES, new
from nextvisit.sdk.authoring.told import begun, checked, known
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.printable import shown

WANTING = 1
CONFIG = 3


def main() -> None:
    """As installed."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command; its exit code, as those of `nextvisit` are."""
    chosen = _parser().parse_args(arguments)
    try:
        match chosen.command:
            case "new":
                _say(begun(new(chosen.kind, chosen.name, chosen.into)))
                return 0
            case "check":
                found = check(chosen.path, chosen.tests)
                _give(dataclasses.asdict(found)) if chosen.json else _say(checked(found))
                return WANTING if found.wrong else 0
            case _:
                those = about(chosen.name)
                if chosen.json:
                    _give([dataclasses.asdict(each) for each in those])
                else:
                    _say(line for each in those for line in known(each))
                return WANTING if len(those) > 1 or any(each.wrong for each in those) else 0
    except ConfigError as error:
        sys.stderr.write(f"{shown(str(error))}\n")
        return CONFIG
    except OSError as error:
        if error.filename is None:
            raise
        sys.stderr.write(f"{shown(str(error.filename))}: {error.strerror}\n")
        return CONFIG


def _parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        "nextvisit-plugin", description="Begin a plugin of NextVisit, and check it."
    )
    below = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = below.add_parser("new", help="begin a plugin: a distribution that is green at once")
    made.add_argument("kind", choices=tuple(FILES), help="what it will be")
    made.add_argument("name", help="its slug, which settings call it by")
    made.add_argument(
        "--into", type=Path, default=Path(), help="the folder to make its folder in; else this one"
    )
    looked = below.add_parser("check", help="say what is wrong with a plugin, and where")
    looked.add_argument("path", type=Path, help="the folder of its pyproject.toml")
    looked.add_argument("--tests", type=Path, default=None, help="of its kit; else `tests` in the folder")
    told = below.add_parser("about", help="say what is known of an installed plugin")
    told.add_argument("name", help="its slug")
    for each in (looked, told):
        each.add_argument("--json", action="store_true", help="print one JSON document")
    return root


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{shown(each)}\n" for each in lines)


def _give(document: object) -> None:
    # ASCII: what a terminal would obey is escaped.
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")
