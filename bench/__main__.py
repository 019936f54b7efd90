"""`python -m bench [name …] [--quick]`: a table on the terminal, everything in bench/results.json."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import apart, enrolment, idle, intake, journeys, replies, sending, startup
from bench.ground import Ground, open_ground
from bench.measure import Result, Size, table
from nextvisit.watch.logs import configure_logging

RESULTS: Final = Path(__file__).parent / "results.json"

Bench = Callable[[Ground, Size], Awaitable[Sequence[Result]]]

BENCHES: Final[Mapping[str, Bench]] = {
    each.NAME: each.run for each in (journeys, enrolment, intake, replies, sending, startup, apart, idle)
}


async def measure(names: Sequence[str], size: Size, to: Path) -> list[Result]:
    """Run these benches, one after another, on servers of their own; `to` holds what is finished."""
    results: list[Result] = []
    async with open_ground() as ground:
        for name in names:
            began = time.monotonic()
            results += await BENCHES[name](ground, size)
            write(results, size, to)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return results


def write(results: Sequence[Result], size: Size, to: Path) -> None:
    """Everything measured, for programs."""
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": size,
        "cores": os.cpu_count(),
        "results": [result.as_json() for result in results],
    }
    to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Ends with 130 when interrupted; missing an aim is no error, because machines differ."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which: {', '.join(BENCHES)}; default: all")
    parser.add_argument(
        "--quick", action="store_true", help="one small round each: a smoke test, not a number"
    )
    arguments = parser.parse_args()
    unknown = [name for name in arguments.name if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    configure_logging("bench", level=logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    size: Size = "quick" if arguments.quick else "full"
    try:
        results = asyncio.run(measure(arguments.name or list(BENCHES), size, RESULTS))
    except KeyboardInterrupt:
        print("stopped; the results file holds the benches that had ended", file=sys.stderr)
        code = 130
    else:
        print(table(results))
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the Temporal client's threads may abort an ordinary exit


if __name__ == "__main__":
    main()
