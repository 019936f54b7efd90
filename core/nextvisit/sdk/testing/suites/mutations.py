"""Pages as no MIS should send them, and as some do."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock

GARBAGE: Final = (b"", b"\xff\xfe", b"null", b"[]", b"{}", b"[1, null]", b"MSH|")

UNKNOWN_WORD: Final = b"zzunheardof"
UNKNOWN_NUMBER: Final = b"97"
# Values of JSON, XML, CSV and HL7: words between quotes, tags or separators that are no names of fields.
_WORD: Final = re.compile(rb"""(?<=["'>,;|\t\n^])([A-Za-z][A-Za-z_-]{1,23})(?=["'<,;|\t\r\n^])(?!["']\s*:)""")
_NUMBER: Final = re.compile(rb"""(?<=[:>,;|\t^])(\s?)(\d{1,2})(?=[,;|\t\r\n^<}\]\s])""")
_MOST_WORDS: Final = 120


def damaged(body: bytes, dice: random.Random) -> bytes:
    """The page with a few places overwritten: bytes, or one JSON value by another."""
    raw = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(raw) + 1)
        raw[at : at + dice.choice((0, 1, 1, 9))] = dice.choice(
            (b"", b"0", b"null", b'"', b"[]", b"\xff", b"{}")
        )
    return bytes(raw)


def truncated(body: bytes) -> list[bytes]:
    """Without its end, in a few places."""
    return [body[: len(body) * part // 4] for part in (0, 1, 2, 3)] + [body[:-1]] if body else []


def with_unknown_words(body: bytes) -> Iterator[bytes]:
    """Each word and each small number of the page in turn, wherever it stands, as one that nobody has heard of.

    Words that stand often come first, for those of a vocabulary do.
    """
    for pattern, new in ((_WORD, UNKNOWN_WORD), (_NUMBER, UNKNOWN_NUMBER)):
        group = pattern.groups
        words = [found.group(group) for found in pattern.finditer(body)]
        for word in sorted(set(words), key=lambda each: (-words.count(each), each))[:_MOST_WORDS]:
            yield pattern.sub(
                lambda found, word=word, new=new, group=group: (  # type: ignore[misc]
                    found.group(0) if found.group(group) != word else found.group(0)[: -len(word)] + new
                ),
                body,
            )


@contextmanager
def machine_zone(name: str) -> Iterator[None]:
    """This process believes that the machine stands elsewhere."""
    try:
        with mock.patch.dict(os.environ, {"TZ": name}):
            time.tzset()
            yield
    finally:
        time.tzset()
