"""One role of the appliance as a process on the demo's clock: `python -m nextvisit_demo.role`.

The production roles (`nextvisit worker`, `api`, `gateway`) have no way to be given a clock; this module
is the only one that passes another to them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from nextvisit.install.roles import ROLES, run_role
from nextvisit.sdk.private_file import write_private
from nextvisit.watch.logs import configure_logging
from nextvisit_demo.pace import FileClock

_LOOK_EVERY = 0.05


def loaded_file(folder: Path, role: str) -> Path:
    """Exists when the role's program is in memory, so that the race can start."""
    return folder / f"{role}.loaded"


def _racing_clock(file: Path) -> FileClock:
    """The demo's clock, waited for: on a standing one a day's sleep would last a day."""
    clock = FileClock(file)
    while clock.shown.stands:
        time.sleep(_LOOK_EVERY)
    return clock


def main() -> None:
    """Run one role until SIGTERM."""
    parser = argparse.ArgumentParser(prog="nextvisit_demo.role", description=__doc__)
    parser.add_argument("role", choices=sorted(ROLES))
    parser.add_argument("--folder", type=Path, required=True, help="the demo's folder")
    arguments = parser.parse_args()
    configure_logging(arguments.role)
    write_private(loaded_file(arguments.folder, arguments.role), "")
    clock = _racing_clock(arguments.folder / "clock.json")
    run_role(arguments.role, arguments.folder / "nextvisit.yaml", clock=clock)
    sys.stderr.flush()
    os._exit(0)  # the Temporal client's threads may abort an ordinary exit


if __name__ == "__main__":
    main()
