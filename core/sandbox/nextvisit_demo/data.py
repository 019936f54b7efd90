"""The folder of `--data`, looked at before any server is started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from nextvisit.sdk.errors import Bug, ConfigError

_UNUSABLE = 3
"""How the sandbox ends when files cannot be its population; its last line says why."""


def patients_in(folder: Path) -> int:
    """How many patients the files hold, as the sandbox itself will read them.

    Raises ConfigError, which names the file and line at fault.
    """
    asked = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "nextvisit_sandbox", "--count", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    last = asked.stderr.strip().rpartition("\n")[2]
    match asked.returncode:
        case 0:
            return int(json.loads(asked.stdout)["patients"])
        case code if code == _UNUSABLE:
            place, _, problem = last.partition(": ")
            raise ConfigError("demo.data", problem, place=place)
        case code:
            raise Bug("demo.sandbox", f"counting the patients ended with {code}: {last}")
