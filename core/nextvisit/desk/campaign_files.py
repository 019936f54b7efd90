"""A campaign's folder: found, read and checked. Asks no database, so that a check costs little to begin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nextvisit.desk.plain_file import read_plain
from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.flow.language.check import check_campaign
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import CAMPAIGN_FILE, LoadedCampaign, load_files
from nextvisit.flow.verbs.ask import AskNode
from nextvisit.flow.verbs.offer import OfferNode
from nextvisit.messages.lint import lint, lint_for
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind, Purpose

Channels = Mapping[ChannelKind, ChannelCapabilities]


def find_folder(name: str, catalogue: Iterable[Path]) -> Path:
    """A path, or a campaign of the catalogue. Raises ConfigError."""
    path = Path(name)
    if path.is_dir():
        return path
    built_in = {folder.name: folder for folder in catalogue}
    if name not in built_in:
        known = ", ".join(sorted(built_in)) or "none"
        raise ConfigError(
            "campaign.missing", f"is no folder and no built-in campaign (there are: {known})", place=name
        )
    return built_in[name]


def read_folder(folder: Path) -> dict[str, str]:
    """The files of a campaign as {relative path: text}, none of them from elsewhere.

    Raises ConfigError (none), InvalidFile (no text, or a link that leads out of the folder).
    """
    main = folder / CAMPAIGN_FILE
    if not main.is_file():
        raise ConfigError("campaign.missing", f"holds no {CAMPAIGN_FILE}", place=str(folder))
    files = [main, *sorted((folder / "messages").glob("*.yaml"))]
    found, faults = dict[str, str](), list[Fault]()
    for file in files:
        try:
            found[str(file.relative_to(folder))] = read_plain(file, within=folder).text
        except InvalidFile as error:
            faults += error.faults
    if faults:
        raise InvalidFile(faults)
    return found


def checked(folder: Path, channels: Channels) -> tuple[LoadedCampaign, tuple[Fault, ...]]:
    """The campaign in this folder, and what is to be said of it. Raises InvalidFile if it is unreadable."""
    loaded = load_files(read_folder(folder), origin=f"{folder}/")
    return loaded, check(loaded, channels)


def valid(folder: Path, channels: Channels) -> LoadedCampaign:
    """The campaign in this folder. Raises InvalidFile with every error; warnings pass."""
    loaded, faults = checked(folder, channels)
    refuse_errors(faults)
    return loaded


def refuse_errors(faults: Iterable[Fault]) -> None:
    """Raises InvalidFile with the errors among these, if there are any."""
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise InvalidFile(errors)


def check(loaded: LoadedCampaign, channels: Channels) -> tuple[Fault, ...]:
    """Whether it makes sense on this site, and whether its texts can be filled in and shown to anybody."""
    return (*check_campaign(loaded, channels), *_texts(loaded, channels))


def unspoken(loaded: LoadedCampaign, site: Sequence[str]) -> tuple[Fault, ...]:
    """The languages of the site that it has no texts in. Their patients are written to in another one."""
    has = loaded.model.languages or sorted(loaded.message_files)
    instead = next((language for language in (*site, *has) if language in has), None)
    return tuple(
        loaded.model.place.fault_at(
            "languages",
            f"there are no texts in `{language}`, a language of the site: who speaks it gets `{instead}`",
            severity="warning",
        )
        for language in site
        if language not in has and instead is not None
    )


def unbooked(loaded: LoadedCampaign, books: str | None) -> tuple[Fault, ...]:
    """Where it needs free times, and nobody knows of any. books: the MIS that visits are booked in."""
    if books is not None:
        return ()
    message = "this needs free times, and no MIS of this site has `books: true`"
    lowered = loaded.lowered
    places = [lowered.places[name] for name, node in lowered.nodes.items() if node.specialties()]
    pace = loaded.model.enrol.pace
    places += [] if pace.open_slots is None else [pace.place]
    return tuple(place.fault(message) for place in places)


def _texts(loaded: LoadedCampaign, channels: Channels) -> list[Fault]:
    program = compile_campaign(loaded, usable=frozenset(channels))
    on_ladder = dict.fromkeys(kind for rung in program.ladder for kind in rung.channels)
    carriers = [channels[kind] for kind in on_ladder]
    asked = {
        variant.template
        for node in program.nodes.values()
        if isinstance(node, AskNode)
        for variant in node.variants
    }
    invitations = set() if program.purpose is Purpose.SERVICE else set(asked)
    asked |= {node.template for node in program.nodes.values() if isinstance(node, OfferNode)}
    found = []
    for (name, language), template in loaded.catalogue.templates.items():
        written = loaded.message_files[language].messages[name]
        said = lint(template, invitation=name in invitations)
        said += lint_for(template, carriers, asks=name in asked)
        found += [written.fault(name, each) for each in said]
    return found
