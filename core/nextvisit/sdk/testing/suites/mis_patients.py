"""Whose a record is: the patient whom its row names, and nobody else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from nextvisit.sdk.ports import MisAdapter
from nextvisit.sdk.records import Change, MisRef, Patient
from nextvisit.sdk.testing.suites.calls import ask_now
from nextvisit.sdk.testing.suites.mis_peer import MisKit, changes_of
from nextvisit.sdk.testing.suites.verdict import fail, lacks, place_of

_OF_EACH_KIND: Final = 3
_MOST_PLACES: Final = 60


class PatientTests(MisKit):
    """`patient` of records."""

    @pytest.mark.anyio
    async def test_each_record_is_of_the_patient_whom_its_row_names(self) -> None:
        async with self.opened() as peer, self.using(peer.adapter) as adapter:
            bodies = [page.body for page in await self.pulled(peer, by=adapter)]
            people = sorted(
                {one.ref for one in changes_of(await self.read(peer, bodies)) if isinstance(one, Patient)}
            )
            if len(people) < 2:
                lacks("the peer has one patient alone", "let it have another, whose a record could be")
            stay: list[Change] = []
            moved = False
            for body, one, patient in _owned(adapter, bodies):
                other = next(each for each in people if each != patient)
                others = list(_with_another(body, patient, other))
                if any(_whose(adapter, each, one) == other for each in others):
                    moved = True
                elif others:
                    stay.append(one)
            if not moved:
                lacks(
                    "no row says whose it is by the id that is in the patient's ref",
                    "nothing is missing, if the MIS writes it in another way",
                )
            for one in stay:
                fail(
                    f"a {type(one).__name__} stays one patient's when its row names another",
                    where=f"{place_of(adapter, 'parse')}, of {one.ref}",
                    right="`patient` is read from the row itself: under another's name it permits and stops what it must not",
                )


def _owned(adapter: MisAdapter, bodies: Sequence[bytes]) -> Iterator[tuple[bytes, Change, MisRef]]:
    """A few records of each kind that has a patient."""
    seen: Counter[str] = Counter()
    for body in bodies:
        for one in changes_of(ask_now(adapter, "parse", body)):
            patient = getattr(one, "patient", None)
            if patient and seen[type(one).__name__] < _OF_EACH_KIND:
                seen[type(one).__name__] += 1
                yield body, one, patient


def _with_another(body: bytes, patient: MisRef, other: MisRef) -> Iterator[bytes]:
    """The page, in each place with the other's id for the patient's; a place may be another thing's."""
    mine, its = (each.rpartition("/")[2].encode() for each in (patient, other))
    for number, found in enumerate(re.finditer(rb"(?<![\w.-])" + re.escape(mine) + rb"(?![\w.-])", body)):
        if number == _MOST_PLACES:
            return
        yield body[: found.start()] + its + body[found.end() :]


def _whose(adapter: MisAdapter, body: bytes, one: Change) -> MisRef | None:
    """The record as this page has it."""
    for each in changes_of(ask_now(adapter, "parse", body)):
        if type(each) is type(one) and each.ref == one.ref:
            return getattr(each, "patient", None)
    return None
