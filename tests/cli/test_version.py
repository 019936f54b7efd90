"""Which release this is."""

from __future__ import annotations

import re

import pytest

from nextvisit.sdk import SDK_VERSION
from nextvisit.store.base.schema import head
from tests.cli.installation import said


def test_it_names_the_release_the_sdk_and_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "--version")
    assert told.code == 0
    assert re.fullmatch(
        rf"nextvisit \d+\.\d+\.\d+ \(SDK {re.escape(SDK_VERSION)}, schema {head()}\)\n", told.out
    )
