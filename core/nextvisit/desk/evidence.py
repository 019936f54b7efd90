"""The audit trail proved and handed out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nextvisit.sdk.errors import ConfigError
from nextvisit.store.audit import trail
from nextvisit.store.audit.kept import KeptElsewhere, kept_text, read_kept
from nextvisit.store.audit.verify import VerifyResult, verify
from nextvisit.store.base.engine import Database

__all__ = ["VerifyResult"]

_LONGEST: Final = 1 << 20
NOTHING_KEPT: Final = KeptElsewhere(None, ())


@dataclass(frozen=True, slots=True)
class ToKeep:
    """What to keep in another place than the database."""

    public_key: str
    checkpoint: str

    @property
    def text(self) -> str:
        """As a file holds it, for `kept`."""
        return kept_text(self.public_key, self.checkpoint)


async def checkpoint(database: Database) -> ToKeep:
    """Sign where the log stands now."""
    note = await trail.checkpoint(database)
    return ToKeep(trail.public_key(database), note)


def kept(since: Path | None, key: str | None) -> KeptElsewhere:
    """What was kept: a file of checkpoints; a key, or a file of it. Raises ConfigError for neither."""
    found = NOTHING_KEPT
    if since is not None:
        try:
            found = read_kept(_text_of(since))
        except (ValueError, AttributeError) as error:
            message = "holds no checkpoint as `nextvisit audit checkpoint` prints it"
            raise ConfigError("audit.since", message, place=str(since)) from error
    if key is None:
        return found
    named = _key_in(key)
    if found.public_key not in {None, named}:
        message = "is another key than the one beside the checkpoint; one of both is not what was kept"
        raise ConfigError("audit.key", message, place="key")
    return KeptElsewhere(named, found.checkpoints)


async def verify_database(database: Database, known: KeptElsewhere = NOTHING_KEPT) -> VerifyResult:
    """Whether an entry was changed, removed or reordered since it was written, or a row that it vouches for.

    Raises ConfigError when the key that was kept is not the vault's.
    """
    if known.public_key not in {None, trail.public_key(database)}:
        message = "is not the key that signs here: the key ring was changed, or this is another installation"
        raise ConfigError("audit.key", message, place="key")
    return await trail.verify_database(database, kept=known.checkpoints)


def verify_export(file: Path, known: KeptElsewhere = NOTHING_KEPT) -> VerifyResult:
    """The same of an export, without a database. Raises ConfigError for what is no key."""
    try:
        return verify(file, public_key=known.public_key, kept=known.checkpoints)
    except ValueError as error:  # of the file's own lines `verify` speaks itself
        message = "is no public key as `nextvisit audit checkpoint` prints it"
        raise ConfigError("audit.key", message, place="key") from error
    except OSError as error:
        raise ConfigError("audit.export", error.strerror or "cannot be read", place=str(file)) from error


async def export(database: Database, file: Path) -> int:
    """Write all entries up to a fresh checkpoint, and the public key; returns how many entries.

    Raises ConfigError when the file is there already.
    """
    return await trail.export(database, file)


def _key_in(key: str) -> str:
    """The key itself, or what is in the file of that name: a key, or a checkpoint beside its key."""
    try:
        is_file = Path(key).is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        return key.strip()
    text = _text_of(Path(key))
    try:
        return read_kept(text).public_key or ""
    except (ValueError, AttributeError):
        return text.removeprefix("public key ").strip()


def _text_of(file: Path) -> str:
    """Raises ConfigError when it cannot be read; ValueError when it is too long, or no text."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LONGEST + 1)
    except OSError as error:
        raise ConfigError("audit.kept", error.strerror or "cannot be read", place=str(file)) from error
    if len(raw) > _LONGEST:
        raise ValueError
    return raw.decode()
