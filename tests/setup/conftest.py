"""A clinic's answers, and a machine that is made ready by them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nextvisit.onebox.ports import free_port
from nextvisit.sdk.private_file import write_private
from nextvisit.setup.places import Places


@pytest.fixture
def places() -> Iterator[Places]:
    """Nothing is there yet but a folder that others can pass through."""
    with tempfile.TemporaryDirectory(prefix="nv-setup-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield Places(folder / "etc" / "nextvisit.yaml", folder / "keys", folder / "data", folder / "units")


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    """Servers at ports where nobody is."""
    write_private(tmp_path / "token", "t0ken\n")
    return {
        "name": "Klinika Nad Stawem",
        "country": "PL",
        "phone": "+48 22 555 02 00",
        "zone": "Europe/Warsaw",
        "languages": "pl, en",
        "public_url": "https://localhost",
        "mis_url": f"http://127.0.0.1:{free_port()}/fhir",
        "mis_token": f"file:{tmp_path / 'token'}",
        **{key: str(free_port()) for key in ("api_port", "postgres_port", "temporal_port")},
    }


@pytest.fixture
def folder(places: Places) -> Path:
    """Of nobody yet, beside those places."""
    made = places.data.parent / "up"
    made.mkdir(mode=0o711)
    return made
