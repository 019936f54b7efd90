"""`nextvisit-plugin`, for who has the SDK and no engine. `nextvisit plugin` of the engine says the same."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import signal
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from nextvisit.sdk.authoring.about import about
from nextvisit.sdk.authoring.check import check
from nextvisit.sdk.authoring.new import FILES, new
from nextvisit.sdk.authoring.record import (
    HowToRecord,
    Recorded,
    adapter_plugin,
    address_in,
    maker,
    record_adapter,
    record_relayed,
    secrets_in,
    settings_in,
    source_of,
)
from nextvisit.sdk.authoring.told import begun, checked, known, recorded
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.outbound import OutboundServer
from nextvisit.sdk.printable import shown
from nextvisit.sdk.records import SlotQuery, Specialty

WANTING = 1
CONFIG = 3
_AHEAD = timedelta(days=14)


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
            case "record":
                found_so = asyncio.run(_record(chosen))
                _give(dataclasses.asdict(found_so)) if chosen.json else _say(recorded(found_so))
                return 0 if found_so.sound else WANTING
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
    taken = below.add_parser("record", help="keep a real server's answers, with the identities replaced")
    _add_record(taken)
    told = below.add_parser("about", help="say what is known of an installed plugin")
    told.add_argument("name", help="its slug")
    for each in (looked, taken, told):
        each.add_argument("--json", action="store_true", help="print one JSON document")
    return root


def _add_record(taken: argparse.ArgumentParser) -> None:
    taken.add_argument("name", help="the installed plugin's slug; the codes that its source names stay")
    taken.add_argument("--into", type=Path, required=True, help="the file, such as tests/acme.jsonl")
    taken.add_argument(
        "--settings",
        type=Path,
        default=None,
        help="a YAML file of a connection's `settings`: it reads the whole MIS",
    )
    taken.add_argument(
        "--to", default=None, help="the server's address: run the plugin yourself until Ctrl-C"
    )
    taken.add_argument(
        "--keep", action="append", default=[], metavar="PLACE", help="whose values stay, such as /rows/*/unit"
    )
    taken.add_argument("--specialty", default=None, help="of free times that are asked for, with --after")
    taken.add_argument(
        "--after",
        type=datetime.fromisoformat,
        default=None,
        help="when they begin at the earliest, with its offset",
    )
    taken.add_argument("--plain-http", action="store_true", help="http:// may leave this machine")
    taken.add_argument("--ca-file", type=Path, default=None, help="of certificates to trust")


async def _record(chosen: argparse.Namespace) -> Recorded:
    source = source_of(chosen.name)
    how = HowToRecord(
        chosen.into,
        OutboundServer(chosen.to or "", plain_http=chosen.plain_http, ca_file=chosen.ca_file),
        keep=tuple(chosen.keep),
        codes=frozenset({chosen.specialty} if chosen.specialty else ()),
    )
    if (chosen.settings is None) == (chosen.to is None):
        raise ConfigError("plugin.record", "say one of --settings and --to", place="record")
    if chosen.to is not None:
        until = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, until.set)
        return await record_relayed(source, how, until, _say_relay)
    given = settings_in(chosen.settings)
    make = maker(adapter_plugin(chosen.name), given, str(chosen.settings))
    server = dataclasses.replace(how.server, base_url=address_in(given, str(chosen.settings))[1])
    how = dataclasses.replace(how, server=server, secrets=frozenset(secrets_in(given)))
    return await record_adapter(source, how, make, _wanted(chosen))


def _wanted(chosen: argparse.Namespace) -> SlotQuery | None:
    if chosen.specialty is None and chosen.after is None:
        return None
    if chosen.specialty is None or chosen.after is None or chosen.after.utcoffset() is None:
        message = "free times need --specialty and --after, a time with its offset"
        raise ConfigError("plugin.record", message, place="record")
    return SlotQuery(Specialty(chosen.specialty), chosen.after, chosen.after + _AHEAD)


def _say_relay(url: str) -> None:
    _say([f"Let the plugin ask {url} in the server's place; Ctrl-C ends the recording."])
    sys.stdout.flush()


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{shown(each)}\n" for each in lines)


def _give(document: object) -> None:
    # ASCII: what a terminal would obey is escaped.
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")
