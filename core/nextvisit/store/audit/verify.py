"""The proof that an audit log is whole. Needs the export and the public key, no database.

A chain alone does not show that its end was cut off or that it was rewritten altogether; a signed
checkpoint does, from the moment it was signed. That checkpoints themselves were cut off, or all of it signed
anew with another key, shows only against what was kept elsewhere: without it nothing is called intact.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nextvisit.sdk.errors import ProtocolError
from nextvisit.store.audit.chain import GENESIS, Event, Head
from nextvisit.store.audit.covered import RowsCompared
from nextvisit.store.audit.note import BadNoteError, Checkpoint, note_digest, public_key_from, read_note

_LONGEST_LINE: Final = 1 << 20

Place = tuple[int, int]
"""(shard, seq)."""


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """first_broken: the first link that is altered or missing, by shard, then seq.

    gaps: links that are missing although later ones or a checkpoint need them (first of each run).
    bad_checkpoints: numbers, counted from 1, of notes that were altered, removed or reordered.
    clock_regressions: links whose wall time is before their predecessor's; odd, but no break.
    unsealed_tail: events that no checkpoint covers yet.
    cut: of an export, that it does not end as one does: with a checkpoint over all its events.
    kept: the number of the newest checkpoint that was kept elsewhere and is here; None without one.
    key_kept: whether the key is one that was kept elsewhere, or the vault's.
    rows: the rows of the database that the entries vouch for; None of an export, which has none.
    """

    events: int
    checkpoints: int
    first_broken: Place | None
    gaps: tuple[Place, ...]
    bad_checkpoints: tuple[int, ...]
    clock_regressions: tuple[Place, ...]
    unsealed_tail: int
    cut: bool = False
    kept: int | None = None
    key_kept: bool = False
    rows: RowsCompared | None = None

    @property
    def whole(self) -> bool:
        """Nothing was altered or removed. A log without an entry is not: an installation begins with some."""
        chained = self.first_broken is None and not self.bad_checkpoints and not self.cut and self.events > 0
        return chained and (self.rows is None or not self.rows.faults)

    @property
    def standing(self) -> Literal["intact", "unproven", "broken"]:
        """unproven: nothing is wrong, but one that was set back or signed anew would look the same."""
        if not self.whole:
            return "broken"
        return "intact" if self.kept is not None and self.key_kept else "unproven"


@dataclass(slots=True)
class Verifier:
    """Takes events in order of (shard, seq) and judges at the end."""

    key: Ed25519PublicKey
    notes: Sequence[str]
    kept: Sequence[str] = ()
    _events: int = 0
    _ends: dict[int, Head] = field(default_factory=dict)
    _walls: dict[int, str] = field(default_factory=dict)
    _broken: list[Place] = field(default_factory=list)
    _gaps: list[Place] = field(default_factory=list)
    _regressions: list[Place] = field(default_factory=list)
    _bad: list[int] = field(default_factory=list)
    _sealed: dict[Place, set[bytes]] = field(default_factory=dict)
    _last_sealed: dict[int, int] = field(default_factory=dict)
    _kept: int | None = None

    def __post_init__(self) -> None:
        previous: str | None = None
        for number, note in enumerate(self.notes, start=1):
            self._read(number, note, previous)
            previous = note_digest(note)
        present = set(self.notes)
        for note in self.kept:
            self._read_kept(note, is_here=note in present)

    def _read(self, number: int, note: str, previous: str | None) -> None:
        try:
            read = read_note(self.key, note)
        except BadNoteError:
            self._bad.append(number)
            return
        if read.number != number or read.previous != previous:
            self._bad.append(number)
        self._require(read)

    def _read_kept(self, note: str, *, is_here: bool) -> None:
        try:
            read = read_note(self.key, note)
        except BadNoteError:
            self._bad.append(0)  # what was kept is not ours, or was altered where it was kept
            return
        if is_here:
            self._kept = max(read.number, self._kept or 0)
        else:
            self._bad.append(read.number)
            self._require(read)

    def _require(self, checkpoint: Checkpoint) -> None:
        for head in checkpoint.heads:
            if head.seq:
                # A later one that says otherwise of the same entry takes no earlier one's place.
                self._sealed.setdefault((head.shard, head.seq), set()).add(head.hash)
                self._last_sealed[head.shard] = max(head.seq, self._last_sealed.get(head.shard, 0))

    def take(self, event: Event) -> None:
        """The next event."""
        self._events += 1
        place = (event.shard, event.seq)
        end = self._ends.get(event.shard, Head(event.shard, 0, GENESIS))
        if event.seq != end.seq + 1:
            missing = (event.shard, end.seq + 1)
            self._gaps.append(missing)
            self._broken.append(missing)
        elif event.prev != end.hash:
            self._broken.append(place)
        sealed = self._sealed.pop(place, {event.hash})
        if event.digest() != event.hash or sealed != {event.hash}:
            self._broken.append(place)
        if event.at_wall < self._walls.get(event.shard, ""):
            self._regressions.append(place)
        self._walls[event.shard] = event.at_wall
        self._ends[event.shard] = Head(event.shard, event.seq, event.hash)

    def finish(self, heads: Iterable[Head] = ()) -> VerifyResult:
        """The judgement. `heads`: where the database says that its chains end."""
        for head in heads:
            end = self._ends.get(head.shard, Head(head.shard, 0, GENESIS))
            if head.seq > end.seq:
                self._gaps.append((head.shard, end.seq + 1))
                self._broken.append((head.shard, end.seq + 1))
            elif head != end:
                self._broken.append((head.shard, head.seq))
        for shard, seq in self._sealed:
            end_seq = self._ends[shard].seq if shard in self._ends else 0
            missing = (shard, min(end_seq + 1, seq))
            self._gaps.append(missing)
            self._broken.append(missing)
        tail = sum(max(0, end.seq - self._last_sealed.get(shard, 0)) for shard, end in self._ends.items())
        return VerifyResult(
            events=self._events,
            checkpoints=len(self.notes),
            first_broken=min(self._broken, default=None),
            gaps=tuple(sorted(set(self._gaps))),
            bad_checkpoints=tuple(sorted(set(self._bad))),
            clock_regressions=tuple(self._regressions),
            unsealed_tail=tail,
            kept=self._kept,
        )


def verify(path: Path, *, public_key: str | None = None, kept: Iterable[str] = ()) -> VerifyResult:
    """Prove an export. `public_key`: the one kept elsewhere; without it the file's own is believed.

    Raises ProtocolError when the file is no export, ValueError for what is no key.
    """
    believed = None if public_key is None else public_key_from(public_key)
    own, notes = _header_and_notes(path)
    verifier = Verifier(believed or own, notes=notes, kept=tuple(kept))
    for number, raw in _lines(path):
        if raw["kind"] == "event":
            try:
                verifier.take(Event.from_json(raw))
            except (KeyError, TypeError, ValueError) as error:
                raise _no_export(path, number) from error
    result = verifier.finish()
    return replace(result, cut=not notes or result.unsealed_tail > 0, key_kept=believed is not None)


def _no_export(path: Path, line: int) -> ProtocolError:
    return ProtocolError(
        "audit.no_export", f"{path}, line {line} is not a line of an audit export", whose="theirs"
    )


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every line by its number, from 1. What is longer than any of ours is not read to its end."""
    number = 0
    # Not blocking: nobody may ever write into a pipe that stands there.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _no_export(path, 1)
        while line := file.readline(_LONGEST_LINE):
            number += 1
            try:
                raw = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise _no_export(path, number) from error
            match raw:
                case {"kind": "header"} if number == 1:
                    yield number, raw
                case {"kind": "event" | "checkpoint"} if number > 1:
                    yield number, raw
                case _:
                    raise _no_export(path, number)
    if number == 0:
        raise _no_export(path, 1)


def _header_and_notes(path: Path) -> tuple[Ed25519PublicKey, list[str]]:
    lines = _lines(path)
    number, header = next(lines)
    try:
        if header["format"] != 1:
            raise _no_export(path, number)
        key = public_key_from(header["public_key"])
    except (KeyError, TypeError, ValueError) as error:
        raise _no_export(path, number) from error
    notes: list[str] = []
    for number, raw in lines:
        if raw["kind"] == "checkpoint":
            note = raw.get("note")
            if not isinstance(note, str):
                raise _no_export(path, number)
            notes.append(note)
    return key, notes
