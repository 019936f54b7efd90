"""`python -m nextvisit_sandbox --config FILE.json`: runs until SIGTERM or SIGINT. `--count FOLDER`: counts.

Ends with 3 when the files of a population cannot be read; standard error says where and what to do.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

import orjson
import structlog

from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from nextvisit_sandbox.population.synthea import UnusableFiles, load

_UNUSABLE: Final = 3


async def _run(config: SandboxConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with SandboxClinic(config) as clinic:
        ready = {
            "ready": True,
            "fhir": clinic.fhir_url,
            "smtp_port": clinic.smtp_port,
            "smpp_port": clinic.smpp_port,
            "control": clinic.control_url,
        }
        sys.stdout.write(orjson.dumps(ready).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()


def _count(folder: Path) -> None:
    patients = sum(each["resourceType"] == "Patient" for each in load(folder))
    sys.stdout.write(orjson.dumps({"patients": patients}).decode() + "\n")


def main() -> None:
    """Reads the arguments and runs."""
    parser = argparse.ArgumentParser(prog="nextvisit_sandbox", description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--config", type=Path, help="a JSON file: run this clinic")
    wanted.add_argument("--count", type=Path, help="a folder of FHIR NDJSON: say how many patients it holds")
    arguments = parser.parse_args()
    # Standard output carries one line only: that the sandbox is ready, or the count.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        if arguments.count is not None:
            _count(arguments.count)
        else:
            asyncio.run(_run(SandboxConfig.from_file(arguments.config)))
    except UnusableFiles as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_UNUSABLE)


if __name__ == "__main__":
    main()
