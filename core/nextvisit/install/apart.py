"""A connection's process as the settings have it: what it is told, may read, and is kept from.

It is given its own connection's settings and nothing else of ours; whatever of ours is a secret is closed to
it, as far as the kernel can do that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from nextvisit.calls.apart.keeper import Launch
from nextvisit.calls.apart.proxy import begun
from nextvisit.calls.guard import Whose
from nextvisit.calls.troubles import Troubles
from nextvisit.install.contents import Pin
from nextvisit.install.embedded import closed_folder
from nextvisit.install.settings import ChannelSettings, MisSettings, Settings, texts_in
from nextvisit.sdk.errors import Bug
from nextvisit.watch.landlock import everything_but

_INHERITED: Final = frozenset(
    {"PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH"}
)
_FILE: Final = "file:"
_VARIABLE: Final = "env:"


@dataclass(frozen=True, slots=True)
class Brief:
    """What a connection's process is told at first.

    key: `mis.clinic`. plugin: its slug. patience: in seconds, for one call. memory: bytes. opens: files and
    folders that it may read. path: where Python looks for modules.
    """

    key: str
    connection: str
    plugin: str
    settings: dict[str, Any]
    patience: float
    memory: int
    pins: tuple[Pin, ...] | None
    trials: Path | None
    opens: tuple[Path, ...]
    path: tuple[str, ...]


BRIEF: Final[TypeAdapter[Brief]] = TypeAdapter(Brief)


def in_own_process(
    settings: Settings, key: str, whose: Whose, given: Mapping[str, Any], troubles: Troubles
) -> Any:
    """The plugin of this connection, which has a `process`. given: its settings. Raises ConfigError."""
    kind, _, slug = key.partition(".")
    spec: MisSettings | ChannelSettings = settings.mis[slug] if kind == "mis" else settings.channels[slug]
    if spec.process is None:
        raise Bug("process.unsaid", f"{key} has no process of its own")
    brief = Brief(
        key=key,
        connection=slug,
        plugin=whose.plugin,
        settings=dict(given),
        patience=settings.patience.total_seconds(),
        memory=spec.process.memory,
        pins=settings.pins,
        trials=None if settings.plugins_dir is None else settings.beside(settings.plugins_dir),
        opens=tuple(opens(settings, spec)),
        path=tuple(sys.path),
    )
    command = [sys.executable, "-P", "-m", "nextvisit.install.apart_main"]
    launch = Launch(command, environment_of(spec), BRIEF.dump_json(brief), key)
    return begun(launch, whose, troubles)


def environment_of(spec: MisSettings | ChannelSettings) -> Mapping[str, str]:
    """What programs need, and the secrets that this connection's settings name by a variable."""
    own = {text.removeprefix(_VARIABLE) for _, text in texts_in(spec.settings) if text.startswith(_VARIABLE)}
    # One pool of memory for all threads: what each takes for itself would count as well.
    return {
        **{name: value for name, value in os.environ.items() if name in _INHERITED | own},
        "MALLOC_ARENA_MAX": "2",
    }


def opens(settings: Settings, spec: MisSettings | ChannelSettings) -> Iterator[Path]:
    """All that is not closed to it, and what its settings name."""
    yield from everything_but(_closed_to(settings, spec))
    yield from _own_files(spec)


def _closed_to(settings: Settings, spec: MisSettings | ChannelSettings) -> frozenset[Path]:
    """Keys, connections to the store, the settings, and every other connection's secret.

    A file that we cannot read ourselves is left out, as of a role (`confinement.closed_to`).
    """
    vault, database = settings.vault, settings.database
    files = {vault.root_key_file, vault.intake_key_file, vault.erased_file, Path(settings.place.file)}
    references: list[object] = [database.model_dump(mode="json"), settings.temporal.model_dump(mode="json")]
    if settings.understanding is not None:
        references.append(settings.understanding.settings)
    references += [each.settings for each in settings.mis.values()]
    references += [each.settings for each in settings.channels.values()]
    for each in references:
        files |= {Path(text.removeprefix(_FILE)) for _, text in texts_in(each) if text.startswith(_FILE)}
    own = {each.resolve() for each in _own_files(spec)}
    closed = {each.resolve() for each in files if os.access(each, os.R_OK)} - own
    data = closed_folder(database.app)
    return frozenset(closed if data is None else {*closed, data.resolve()})


def _own_files(spec: MisSettings | ChannelSettings) -> Iterator[Path]:
    for _, text in texts_in(spec.settings):
        if text.removeprefix(_FILE).startswith("/"):
            yield Path(text.removeprefix(_FILE))
