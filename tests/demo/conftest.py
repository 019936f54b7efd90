"""Folders of demos."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def demo_folder(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Path]]:
    """New folders that the database's OS user may enter; kept when a test has failed, which names them."""
    made: list[Path] = []
    failed_before = request.session.testsfailed

    def make(name: str) -> Path:
        made.append(Path(tempfile.mkdtemp(prefix=f"nv-{name}-")))
        made[-1].chmod(0o711)
        return made[-1]

    yield make
    if request.session.testsfailed == failed_before:
        for folder in made:
            shutil.rmtree(folder)
