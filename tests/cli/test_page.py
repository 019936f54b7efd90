"""docs/cli.md is what the commands say of themselves. NEXTVISIT_UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

import os

from tests.cli.commands import leaves
from tests.cli.page import PAGE, SHARED, page


def test_the_page_is_as_the_commands_are() -> None:
    if os.environ.get("NEXTVISIT_UPDATE_DOCS") == "1":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_what_the_page_says_once_means_the_same_everywhere() -> None:
    for name in SHARED:
        options = [each for command in leaves() for each in command.options if each.name == name]
        # `demo --json` prints the report; everything else that is shared has one wording.
        assert len({each.help for each in options}) <= (2 if name == "json" else 1)
