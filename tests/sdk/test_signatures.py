"""What plugins lean on changes only on purpose. NEXTVISIT_UPDATE_DOCS=1 writes signatures.txt anew."""

from __future__ import annotations

import os

from tests.sdk.signatures import FROZEN, signatures


def test_what_a_plugin_may_lean_on_is_as_it_was() -> None:
    """Who rewrites it reads the difference: what is gone or changed is a new major version of the SDK, what is
    more a minor one (docs/plugin_hooks.md)."""
    if os.environ.get("NEXTVISIT_UPDATE_DOCS") == "1":
        FROZEN.write_text(signatures(), encoding="utf-8")
    assert FROZEN.read_text(encoding="utf-8").splitlines() == signatures().splitlines()
