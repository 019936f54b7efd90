"""What lies on disk of a distribution, held against what was installed and what the settings allow."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackagePath
from pathlib import Path, PurePath
from typing import Final

from nextvisit.sdk.errors import ConfigError

_METADATA: Final = {"METADATA", "entry_points.txt"}
"""What counts of the `.dist-info`; of what installers write into it, one wheel has another elsewhere."""
_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Pin:
    """A distribution that may be loaded: of this version and content, if they are said."""

    distribution: str
    version: str | None = None
    content: str | None = None


def refuse_unlike(pin: Pin, found: Distribution, home: Path | None) -> None:
    """Raises ConfigError for another version, another content, or files that were altered since."""
    place = f"plugin {found.name}"
    if pin.version is not None and pin.version != found.version:
        says = (
            f"its version is {found.version}, and `plugins` in the settings allows {pin.version}; install"
            " that one, or write the version there if you trust it"
        )
        raise ConfigError("plugin.unlike", says, place=place)
    if pin.content is None:
        return
    content = content_of(found, home)
    if content != pin.content:
        says = (
            f"its content is {content}, and `plugins` in the settings allows {pin.content}; install that one,"
            " or write the content there if you trust it"
        )
        raise ConfigError("plugin.unlike", says, place=place)


def content_of(found: Distribution, home: Path | None) -> str:
    """One hash of all of its files, as `sha256:…`. The same wheel has the same wherever it is installed.

    home: where its code lies. Raises ConfigError when that is not what was installed.
    """
    place = f"plugin {found.name}"
    files = {Path(str(each.locate())): each for each in found.files or () if _is_content(each)}
    if home is None:
        says = (
            "what its entry points name is not there: a file or a folder of it was taken away since it was"
            " installed; install it again from a wheel that you trust (`nextvisit plugin install WHEEL`)"
        )
        raise ConfigError("plugin.altered", says, place=place)
    if not any(each.is_relative_to(home) for each in files):
        says = (
            f"its code ({home}) was not installed from a wheel, so"
            " its content may be another at any time; build one, and run `nextvisit plugin install WHEEL`"
        )
        raise ConfigError("plugin.altered", says, place=place)
    hashes = {path: _hash_of(path) for path in files}
    altered = [each for path, each in files.items() if each.hash is None or hashes[path] != each.hash.value]
    added = [each for each in _code(home) if each not in files]
    _refuse("altered or removed", [str(each) for each in altered], place)
    _refuse("added", [str(each) for each in added], place)
    lines = sorted(f"{each} {hashes[path]}\n" for path, each in files.items())
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def _is_content(file: PackagePath) -> bool:
    # Scripts name the Python that they are run by, and lie outside of what is imported.
    if file.parts[0] == ".." or _is_compiled(file):
        return False
    return not file.parts[0].endswith(".dist-info") or file.parts[1:] in {(each,) for each in _METADATA}


def _is_compiled(file: PurePath) -> bool:
    """By Python, of what lies beside it; elsewhere such a file is imported as it is."""
    return file.suffix == ".pyc" and file.parent.name == "__pycache__"


def _hash_of(path: Path) -> str | None:
    """As RECORD spells it. None: it cannot be read."""
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _code(home: Path) -> Sequence[Path]:
    if not home.is_dir():
        return [home]
    # A folder that is a link is looked into by an import, and not here.
    those = (each for each in home.rglob("*") if each.is_symlink() or not each.is_dir())
    return sorted(each for each in those if not _is_compiled(each))


def _refuse(how: str, files: Sequence[str], place: str) -> None:
    if files:
        more = f" and {len(files) - _TOLD} more" if len(files) > _TOLD else ""
        says = (
            f"files of it were {how} since it was installed: {', '.join(files[:_TOLD])}{more}; see who did"
            " so, and install it again from a wheel that you trust (`nextvisit plugin install WHEEL`)"
        )
        raise ConfigError("plugin.altered", says, place=place)
