"""What the tests of a folder have in common: it takes seconds to make."""

from __future__ import annotations

from pathlib import Path

import pytest

from nextvisit.sdk.authoring.new import new
from tests.sdk.authoring.alone import Environment, copied, sdk_alone


@pytest.fixture(scope="package")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """With the SDK and nothing else of ours."""
    return sdk_alone(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="package")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter and a channel as `plugin new` makes them; not to be changed."""
    folder = tmp_path_factory.mktemp("fresh")
    new("mis", "ambulo", folder)
    new("channel", "pigeon", folder)
    return folder


@pytest.fixture
def adapter(fresh: Path, tmp_path: Path) -> Path:
    """One to spoil."""
    return copied(fresh / "ambulo-nextvisit", tmp_path / "ambulo-nextvisit")


@pytest.fixture
def channel(fresh: Path, tmp_path: Path) -> Path:
    """One to spoil."""
    return copied(fresh / "pigeon-nextvisit", tmp_path / "pigeon-nextvisit")
