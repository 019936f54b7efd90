"""What is asked of an installation, and what is found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Reach = Literal["appliance", "connection", "campaign"]
"""How far it is felt when something is wrong there."""


class Grade(StrEnum):
    """What a finding asks for."""

    OK = "ok"
    INFORMS = "informs"  # worth knowing; nobody has to act
    WRONG = "wrong"  # needs a person


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence about one thing.

    code: what kind of thing, as docs/runbook.md has it; empty where all is well. where: the connection, the
    campaign or the role, as the settings call it. count: of how many it is said. since: since when it is so,
    as far as is known. touches: whom or what it holds up. do: what to do about it; a finding that is wrong
    has it. All of them name places, codes and counts, never a patient.
    """

    grade: Grade
    says: str
    since: datetime | None = None
    touches: str = ""
    do: str = ""
    code: str = ""
    where: str = ""
    count: int = 1


Ask = Callable[[], Awaitable[Sequence[Finding]]]
"""Looks, and says what it finds. Raises one of our errors when it cannot look, which is a finding too."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question. what: its name, of one line. do: what to do when it cannot even be asked. where: of its
    findings that name none.
    """

    what: str
    reach: Reach
    ask: Ask
    do: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """A check and its findings, at least one. ok: nobody is needed."""

    what: str
    reach: Reach
    ok: bool
    findings: tuple[Finding, ...]


def fine(says: str) -> tuple[Finding, ...]:
    """All is well."""
    return (Finding(Grade.OK, says),)


def wrong(
    code: str,
    says: str,
    *,
    do: str,
    since: datetime | None = None,
    touches: str = "",
    where: str = "",
    count: int = 1,
) -> Finding:
    """Somebody is needed."""
    return Finding(Grade.WRONG, says, since, touches, do, code, where, count)


def informs(
    code: str,
    says: str,
    *,
    do: str = "",
    since: datetime | None = None,
    touches: str = "",
    where: str = "",
    count: int = 1,
) -> Finding:
    """Worth knowing."""
    return Finding(Grade.INFORMS, says, since, touches, do, code, where, count)


def read_back(told: Mapping[str, str]) -> Finding:
    """One that `nextvisit doctor --json` told, without its time and its number."""
    grade = Grade(told["grade"])
    return Finding(grade, told["says"], None, told["touches"], told["do"], told["code"], told["where"])


def examined(what: str, reach: Reach, findings: Sequence[Finding]) -> Examined:
    """With the one grade that counts."""
    return Examined(what, reach, all(each.grade is not Grade.WRONG for each in findings), tuple(findings))
