"""Programs of Debian that tests run."""

from __future__ import annotations

import os
import shutil

import pytest


def binary(name: str, package: str) -> str:
    """Its path. Skips where it is not installed, but on CI, which installs it."""
    found = shutil.which(name)
    if found is None:
        says = f"{name} is not here; install Debian's `{package}`"
        if os.environ.get("CI") == "true":
            pytest.fail(says)
        pytest.skip(says)
    return found
