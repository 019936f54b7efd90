"""docs/reference.md is what the source says. NEXTVISIT_UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass

from nextvisit.install.settings import Settings
from nextvisit.sdk import channels, ports, records
from tests.sdk.reference import PAGE, page


def test_the_page_is_as_the_source_is() -> None:
    if os.environ.get("NEXTVISIT_UPDATE_DOCS") == "1":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_port_record_field_and_setting_is_there() -> None:
    told = PAGE.read_text(encoding="utf-8")
    for port in (each for each in vars(ports).values() if getattr(each, "_is_protocol", False)):
        if port.__module__ == ports.__name__:
            assert f"### `{port.__name__}`" in told
    for module in (records, channels):
        for record in (each for each in vars(module).values() if is_dataclass(each)):
            section = told.split(f"### `{record.__name__}`", 1)[1].split("\n### ", 1)[0]  # type: ignore[union-attr]
            assert all(f"| `{each.name}` |" in section for each in fields(record))
    for name in Settings.model_fields:
        assert f"| `{name}` |" in told
