"""One machine made ready, step by step: each is told as it is done, and a second run changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from nextvisit.files.fault import InvalidFile
from nextvisit.install.embedded import secret_file
from nextvisit.install.settings import ChannelSettings, MisSettings, Settings, load_settings, texts_in
from nextvisit.install.untouched import refuse_untouched
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.settings import SecretRef
from nextvisit.setup import looks, texts
from nextvisit.setup.answers import Answers
from nextvisit.setup.making import Maker, told
from nextvisit.setup.places import Places, program
from nextvisit.watch.finding import Examined, Finding, examined, fine, informs, wrong
from nextvisit.watch.machine import room_in


def prepare(
    places: Places,
    answer: Callable[[], Answers],
    told: Mapping[str, SecretRef] | None = None,
    *,
    changes: bool,
) -> Iterator[Examined]:
    """answer: asked once, if there is no configuration yet. Raises what it raises, and nothing else of ours.

    told: of a configuration that is there, whose secrets may be missing: where their words are, by the keys
    of their answers. Ends early where what follows could not be right.
    """
    maker = Maker(places, changes)
    first = [("users", maker.users), ("folders", maker.folders)]
    was_there = places.config.exists()
    if not was_there:
        if not changes:
            yield _one(
                "settings", wrong("setup.settings", f"{places.config} is missing", do="run `nextvisit setup`")
            )
            return
        answers = answer()
        told = answers.secrets
        words = texts.configuration(answers, places)
        first.append(("settings", lambda: maker.text(places.config, words)))
    for what, step in first:
        done = _made(what, step)
        yield done
        if not done.ok:
            return
    try:
        settings = load_settings(places.config)
        refuse_untouched(places.config)
    except InvalidFile as error:
        yield examined(
            "settings",
            "appliance",
            [wrong("setup.settings", str(each), do="correct it") for each in error.faults],
        )
        return
    yield examined("settings", "appliance", fine(f"read from {places.config}"))
    if was_there and told is not None:
        says = f"{places.config} was there before; of these answers only missing secrets are taken"
        yield _one(
            "settings", informs("setup.settings_kept", says, do="edit the file to change what it says")
        )
    yield from _filled(maker, settings, texts.secrets_told(told or {}, places))
    yield from _looked_at(places, settings)


def _filled(maker: Maker, settings: Settings, secrets: Mapping[Path, str]) -> Iterator[Examined]:
    places = maker.places
    yield _made("root key", lambda: maker.root_key(settings))
    for file in _secret_files(settings):
        yield _made("secret", lambda file=file: maker.secret(file, secrets.get(file)))  # type: ignore[misc]
    service = places.units / "nextvisit.service"
    unit = texts.unit(program(), places, root=os.geteuid() == 0)
    yield _made("unit", lambda: maker.text(service, unit))
    yield _made("proxy", lambda: maker.text(places.proxy, texts.proxy(settings)))


def _looked_at(places: Places, settings: Settings) -> Iterator[Examined]:
    yield examined("ports", "appliance", list(looks.ports(settings)))
    yield examined("names", "appliance", list(looks.names(settings)))
    yield _one("disk", room_in(places.data))
    yield _one("clock", looks.clock())
    yield from looks.connections(places.config)


def _secret_files(settings: Settings) -> Sequence[Path]:
    """Of the connections, in their order."""
    found: dict[Path, None] = {}
    connections: list[MisSettings | ChannelSettings] = [*settings.mis.values(), *settings.channels.values()]
    for each in connections:
        for _, text in texts_in(each.settings):
            if (file := secret_file(text)) is not None:
                found[file] = None
    return list(found)


def _one(what: str, finding: Finding) -> Examined:
    return examined(what, "appliance", [finding])


def _made(what: str, step: Callable[[], Finding]) -> Examined:
    try:
        return _one(what, step())
    except ConfigError as error:
        return _one(what, told(error))
    except OSError as error:
        return _one(
            what,
            wrong("setup.system", f"{error.filename}: {error.strerror}", do="see to it, and run this again"),
        )
