"""What these share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that other users can reach: started by root, each process runs as a user of its own."""
    with tempfile.TemporaryDirectory(prefix="nv-onebox-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path
