"""Who can open a backup: an identity, which lies in the safe. Its recipient stands in the settings.

Both are age's (https://age-encryption.org/v1): whoever has the recipient alone can seal, and open nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyrage import IdentityError, RecipientError, x25519

from nextvisit.install.settings import BackupSettings
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import read_private
from nextvisit.store.vault.root_key import write_key_file

IDENTITY_FILE = "backup-identity.txt"
_PREFIX = "AGE-SECRET-KEY-"


@dataclass(frozen=True, slots=True)
class BackupIdentity:
    """Opens backups. `repr` shows nothing."""

    key: x25519.Identity = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> BackupIdentity:
        """As `age-keygen` and we write it. Raises ConfigError when it holds none, or others can read it."""
        try:
            lines = read_private(path).decode().split()
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise ConfigError("backup.identity", why, place=str(path)) from error
        except UnicodeDecodeError:
            lines = []
        try:
            (secret,) = (each for each in lines if each.startswith(_PREFIX))
            return cls(x25519.Identity.from_str(secret))
        except (ValueError, IdentityError):
            pass
        message = f"holds no identity of one line that begins with {_PREFIX}"
        raise ConfigError("backup.identity", message, place=str(path))


def make_identity(folder: Path) -> tuple[Path, str]:
    """A new one in `folder`, for its owner alone: file and recipient. Raises ConfigError if one is there."""
    identity = x25519.Identity.generate()
    recipient = str(identity.to_public())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / IDENTITY_FILE
    content = f"# opens the backups that are sealed to {recipient}\n{identity}\n"
    write_key_file(file, content.encode())
    return file, recipient


def recipients_of(settings: BackupSettings) -> Sequence[x25519.Recipient]:
    """Raises ConfigError, which names the first that is none."""
    found = []
    for index, each in enumerate(settings.recipients):
        try:
            found.append(x25519.Recipient.from_str(each))
        except RecipientError:
            message = "is no recipient such as age1…, as `nextvisit backup keys` prints it"
            raise ConfigError("backup.recipient", message, place=f"backup.recipients.{index}") from None
    return found
