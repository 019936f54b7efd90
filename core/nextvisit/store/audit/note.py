"""A signed checkpoint: a C2SP signed note over the Merkle root of all chains' ends.

    nextvisit-audit
    <number of heads>
    <base64 Merkle root>
    checkpoint <number>
    previous <sha256 of the note before, hex, or ->
    head <shard> <seq> <hash, hex>          one line per shard

    — nextvisit-audit <base64 of key id and Ed25519 signature>

https://c2sp.org/tlog-checkpoint (lines after the root are extensions), https://c2sp.org/signed-note.
The tree is RFC 6962's, its leaves the `head` lines.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from nextvisit.store.audit.chain import Head

ORIGIN = "nextvisit-audit"
_ED25519 = b"\x01"
_SIGNATURE = f"— {ORIGIN} "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A note whose signature and root are right."""

    number: int
    previous: str | None
    heads: tuple[Head, ...]


class BadNoteError(ValueError):
    """A note that was altered, signed by another key, or is none."""


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


def note_digest(note: str) -> str:
    """How the next note names this one."""
    return hashlib.sha256(note.encode()).hexdigest()


def public_key_text(key: Ed25519PublicKey) -> str:
    """For exports and for whoever keeps it elsewhere."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def public_key_from(text: str) -> Ed25519PublicKey:
    """The inverse of `public_key_text`. Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def _key_id(key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(ORIGIN.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]


def _head_line(head: Head) -> str:
    return f"head {head.shard} {head.seq} {head.hash.hex()}"


def _body(heads: Sequence[Head], *, number: int, previous: str | None) -> str:
    lines = [_head_line(head) for head in heads]
    root = base64.b64encode(merkle_root([line.encode() for line in lines])).decode()
    top = [ORIGIN, str(len(lines)), root, f"checkpoint {number}", f"previous {previous or '-'}"]
    return "\n".join([*top, *lines]) + "\n"


def sign_note(key: Ed25519PrivateKey, heads: Sequence[Head], *, number: int, previous: str | None) -> str:
    """The note of these heads, in order of shards."""
    body = _body(heads, number=number, previous=previous)
    signature = base64.b64encode(_key_id(key.public_key()) + key.sign(body.encode())).decode()
    return f"{body}\n{_SIGNATURE}{signature}\n"


def read_note(key: Ed25519PublicKey, note: str) -> Checkpoint:
    """Raises BadNoteError unless `key` signed exactly this."""
    body, separator, signed = note.rpartition("\n\n")
    if not separator or not signed.startswith(_SIGNATURE):
        raise BadNoteError
    body += "\n"
    try:
        signature = base64.b64decode(signed.removeprefix(_SIGNATURE).strip(), validate=True)
        if signature[:4] != _key_id(key):
            raise BadNoteError
        key.verify(signature[4:], body.encode())
        read = _parse(body)
    except (InvalidSignature, binascii.Error, ValueError, IndexError) as error:
        raise BadNoteError from error
    if _body(read.heads, number=read.number, previous=read.previous) != body:
        raise BadNoteError
    return read


def _parse(body: str) -> Checkpoint:
    lines = [line.split(" ") for line in body.splitlines()]
    previous = lines[4][1]
    heads = tuple(
        Head(shard=int(shard), seq=int(seq), hash=bytes.fromhex(digest))
        for _, shard, seq, digest in lines[5:]
    )
    return Checkpoint(number=int(lines[3][1]), previous=None if previous == "-" else previous, heads=heads)
