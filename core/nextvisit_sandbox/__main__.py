"""`python -m nextvisit_sandbox --config FILE.json`: runs until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import orjson
import structlog

from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig


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


def main() -> None:
    """Reads the arguments and runs."""
    parser = argparse.ArgumentParser(prog="nextvisit_sandbox", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="a JSON file")
    arguments = parser.parse_args()
    # Standard output carries one line only: that the sandbox is ready.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_run(SandboxConfig.from_file(arguments.config)))


if __name__ == "__main__":
    main()
