"""Whatever is appended, sealed and then tampered with in any order: behind a kept checkpoint it is found."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.store.audit.chain import GENESIS, Event, Head
from nextvisit.store.audit.note import note_digest, sign_note
from nextvisit.store.audit.verify import Verifier, VerifyResult

SHARDS = 3
OURS, THEIRS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


class Log:
    """A log in memory, as the database and an export hold it."""

    def __init__(self) -> None:
        self.events: dict[int, list[Event]] = {shard: [] for shard in range(SHARDS)}
        self.notes: list[str] = []

    def heads(self) -> list[Head]:
        return [
            Head(shard, len(chain), chain[-1].hash if chain else GENESIS)
            for shard, chain in self.events.items()
        ]

    def append(self, shard: int, body: str) -> None:
        chain = self.events[shard]
        prev = chain[-1].hash if chain else GENESIS
        fresh = Event(shard, len(chain) + 1, "w", "a", "x", "x", "x", "x", "ok", body, prev, b"")
        chain.append(replace(fresh, hash=fresh.digest()))

    def seal(self, key: Ed25519PrivateKey = OURS) -> None:
        previous = note_digest(self.notes[-1]) if self.notes else None
        self.notes.append(sign_note(key, self.heads(), number=len(self.notes) + 1, previous=previous))

    def proof(self, kept: list[str]) -> VerifyResult:
        verifier = Verifier(OURS.public_key(), notes=self.notes, kept=kept)
        for chain in self.events.values():
            for event in chain:
                verifier.take(event)
        return replace(verifier.finish(self.heads()), key_kept=True)


STEPS = st.lists(st.integers(0, SHARDS), min_size=1, max_size=20)
"""A shard to append to, or SHARDS to seal."""


def _lived(steps: list[int]) -> Log:
    log = Log()
    log.append(0, "founded")
    for number, step in enumerate(steps):
        if step < SHARDS:
            log.append(step, str(number))
        else:
            log.seal()
    return log


@given(STEPS, STEPS)
def test_what_was_only_written_on_is_intact(before: list[int], after: list[int]) -> None:
    log = _lived(before)
    log.seal()
    kept = [log.notes[-1]]
    for number, step in enumerate(after):
        log.append(step, str(number)) if step < SHARDS else log.seal()
    assert log.proof(kept).standing == "intact"


@given(STEPS, st.data())
def test_each_tampering_behind_a_kept_checkpoint_is_found(before: list[int], data: st.DataObject) -> None:
    """Edited, removed, cut, rewritten with right hashes; checkpoints dropped, or signed anew by either key."""
    log = _lived(before)
    log.seal()
    kept = [log.notes[-1]]
    shard = data.draw(st.sampled_from([shard for shard, chain in log.events.items() if chain]))
    chain = log.events[shard]
    at = data.draw(st.integers(0, len(chain) - 1))
    match data.draw(st.sampled_from(["edit", "remove", "cut", "rewrite", "all anew"])):
        case "edit":
            chain[at] = replace(chain[at], body="forged")
        case "remove":
            del chain[at]
        case "cut":
            del chain[at:]
        case "rewrite":
            bodies = [event.body for event in chain[at + 1 :]]
            del chain[at:]
            for body in ["forged", *bodies]:
                log.append(shard, body)
        case "all anew":
            for each in log.events:
                log.events[each] = []
            log.append(0, "forged")
            log.notes = []
    if data.draw(st.booleans()):
        log.notes = log.notes[: data.draw(st.integers(0, len(log.notes)))]
    if data.draw(st.booleans()):
        log.seal(data.draw(st.sampled_from([OURS, THEIRS])))
    assert log.proof(kept).standing == "broken"


@given(st.binary(max_size=60))
def test_no_bytes_are_a_note_of_ours(garbage: bytes) -> None:
    log = _lived([0])
    log.seal()
    log.notes.append(garbage.decode("utf-8", errors="replace"))
    log.append(1, hashlib.sha256(garbage).hexdigest())
    log.seal()
    result = log.proof([log.notes[0]])
    assert (result.bad_checkpoints, result.kept, result.first_broken) == ((2,), 1, None)
