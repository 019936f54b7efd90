"""A new plugin from the templates: green at once, to be filled with a vendor's words."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from nextvisit.sdk.channels import NAME
from nextvisit.sdk.errors import ConfigError

Begins = Literal["mis", "channel"]
_BOTH: Final = {
    "pyproject.toml": "both/pyproject.toml.in",
    ".gitignore": "both/gitignore.in",
    "acme_nextvisit/py.typed": "both/py.typed.in",
    "tests/__init__.py": "both/tests.py.in",
}
FILES: Final[Mapping[Begins, Mapping[str, str]]] = {
    "mis": _BOTH
    | {
        "README.md": "mis/README.md.in",
        "acme_nextvisit/__init__.py": "mis/plugin.py.in",
        "acme_nextvisit/settings.py": "mis/settings.py.in",
        "acme_nextvisit/adapter.py": "mis/adapter.py.in",
        "acme_nextvisit/quality.yaml": "mis/quality.yaml.in",
        "tests/acme_server.py": "mis/server.py.in",
        "tests/test_kit.py": "mis/test_kit.py.in",
    },
    "channel": _BOTH
    | {
        "README.md": "channel/README.md.in",
        "acme_nextvisit/__init__.py": "channel/plugin.py.in",
        "acme_nextvisit/settings.py": "channel/settings.py.in",
        "acme_nextvisit/channel.py": "channel/channel.py.in",
        "acme_nextvisit/quality.yaml": "channel/quality.yaml.in",
        "tests/acme_server.py": "channel/server.py.in",
        "tests/test_kit.py": "channel/test_kit.py.in",
    },
}
"""Of each file that is made, its template. Where a vendor's name belongs, both say Acme's."""


def new(kind: Begins, name: str, into: Path) -> Path:
    """The folder of the new distribution, which was not there before.

    Raises ConfigError for a name that is no slug, and for a folder that is there: nothing is overwritten.
    """
    if re.fullmatch(NAME, name) is None or keyword.iskeyword(name):
        says = "is no name for a plugin: lower-case letters, digits and `_`, a letter first, 31 at most"
        raise ConfigError("plugin.slug", says, place=name)
    names = {
        "acme-nextvisit": f"{name.replace('_', '-')}-nextvisit",
        "acme": name,
        "Acme": "".join(each.capitalize() for each in name.split("_")),
        "ACME": name.upper(),
    }
    folder = into / names["acme-nextvisit"]
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        message = "is there already, and nothing is overwritten; take another name or another folder"
        raise ConfigError("plugin.exists", message, place=str(folder)) from None
    templates = files("nextvisit.sdk.authoring") / "templates"
    for made, template in FILES[kind].items():
        file = folder / _with(names, made)
        file.parent.mkdir(exist_ok=True)
        file.write_text(_with(names, (templates / template).read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def _with(names: Mapping[str, str], text: str) -> str:
    return re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)
