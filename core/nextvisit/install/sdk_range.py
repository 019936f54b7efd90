"""Which SDKs a plugin says that it works with: a range in its metadata, read before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from nextvisit.sdk import SDK_VERSION
from nextvisit.sdk.errors import ConfigError

SDK: Final = "nextvisit-sdk"
_NEXT: Final = Version(str(Version(SDK_VERSION).major + 1))
_RIGHT: Final = f"`{SDK}>={Version(SDK_VERSION).major},<{_NEXT}`"


def requirements(texts: Iterable[str], place: str) -> list[Requirement]:
    """Those that hold on this machine, without what an extra adds. Raises ConfigError."""
    found = []
    for text in texts:
        try:
            each = Requirement(text)
        except InvalidRequirement as error:
            says = f"its metadata requires {text!r}, which is no requirement (PEP 508)"
            raise ConfigError("plugin.metadata", says, place=place) from error
        if each.marker is None or each.marker.evaluate({"extra": ""}):
            found.append(each)
    return found


def refuse_other_sdk(requires: Iterable[str], place: str) -> None:
    """Raises ConfigError unless there is a range, our SDK is in it, and the next major one is not."""
    ranges = [each.specifier for each in requirements(requires, place) if canonicalize_name(each.name) == SDK]
    if not ranges:
        says = f"it does not say which SDK it works with; its pyproject.toml needs {_RIGHT} in `dependencies`"
        raise ConfigError("plugin.sdk", says, place=place)
    whole = SpecifierSet()
    for each in ranges:
        whole &= each
    if not whole.contains(Version(SDK_VERSION), prereleases=True):
        says = f"it works with {SDK}{whole}, and here is {SDK_VERSION}; install a release of it for this one"
        raise ConfigError("plugin.sdk", says, place=place)
    if whole.contains(_NEXT):
        says = (
            f"it says that it works with SDKs that there are not yet ({SDK}{whole or ' without a range'});"
            f" its pyproject.toml needs a range that ends, {_RIGHT}"
        )
        raise ConfigError("plugin.sdk", says, place=place)
