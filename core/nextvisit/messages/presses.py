"""What the patient answers by pressing something: buttons of a template, keys during a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nextvisit.messages.asking import says_stop

LONGEST_LABEL: Final = 20
LONGEST_PAYLOAD: Final = 64
"""Bytes (UTF-8): what every messenger takes."""


def lint_payloads(part: str, payloads: Sequence[str]) -> list[str]:
    """part: what holds them, as faults call it."""
    faults = [
        f"{part}.{number}: a payload of {len(each.encode())} bytes; at most {LONGEST_PAYLOAD}"
        for number, each in enumerate(payloads)
        if len(each.encode()) > LONGEST_PAYLOAD
    ]
    return faults + [
        f"{part}.{number}: `{each}` is another one's payload, too; nobody could tell which was pressed"
        for number, each in enumerate(payloads)
        if each in payloads[:number]
    ]


def lint_opt_out(part: str, text: str, payloads: Sequence[str], *, link: bool) -> list[str]:
    """An invitation says how to opt out. link: the patient's page, where that is done, is named."""
    if link or says_stop(text) or any(map(says_stop, payloads)):
        return []
    return [
        f"{part}: an invitation says how to opt out (the word STOP, something to press for it, or a link)"
    ]
