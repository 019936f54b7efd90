"""What a command costs before it does anything, and what an interpreter costs that does nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import nextvisit_campaigns
from bench.errors import BenchFailed
from bench.ground import Ground
from bench.measure import Result, Size, Target, in_turns

NAME: Final = "startup"

_ROUNDS: Final[Mapping[Size, int]] = {"full": 11, "quick": 3, "tiny": 1}
_FOLDER: Final = str(Path(nextvisit_campaigns.__file__).parent / "reactivation")
_NOTHING: Final = "python -c pass"
_NEXTVISIT: Final = (sys.executable, "-m", "nextvisit.cli")

# What is measured → how it is called, and the most CPU in milliseconds that it may take.
_COMMANDS: Final[Mapping[str, tuple[tuple[str, ...], Target]]] = {
    "CPU of --help": ((*_NEXTVISIT, "--help"), Target(most=300)),
    "CPU of campaign validate, one folder": (
        (*_NEXTVISIT, "campaign", "validate", _FOLDER),
        Target(most=1000),
    ),
}


async def run(ground: Ground, size: Size) -> Sequence[Result]:
    """Needs no server."""
    del ground
    calls = {
        _NOTHING: (sys.executable, "-c", "pass"),
        **{what: call for what, (call, _) in _COMMANDS.items()},
    }
    taken = await in_turns(
        _ROUNDS[size], {what: partial(asyncio.to_thread, _cpu, call) for what, call in calls.items()}
    )
    return [
        Result(NAME, what, "ms", taken[what], _NOTHING, taken[_NOTHING], aim)
        for what, (_, aim) in _COMMANDS.items()
    ]


def _cpu(call: Sequence[str]) -> float:
    """Milliseconds of user and system time of the process, from its first instruction to its last."""
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchFailed(f"{' '.join(call[1:])} ended with {process.returncode}")
    return (used.ru_utime + used.ru_stime) * 1000
