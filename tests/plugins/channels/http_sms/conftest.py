"""Where the examples' secrets are."""

from __future__ import annotations

import pytest

from tests.plugins.channels.http_sms.examples import SECRETS


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("WRONG", "wrong-secret-8461")
