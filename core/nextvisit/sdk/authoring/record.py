"""A real MIS read through a relay by an adapter, so that its answers are replayed with nobody in them."""

from __future__ import annotations

import asyncio
import importlib.util
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from nextvisit.sdk.authoring.disguise import Disguise
from nextvisit.sdk.authoring.live import named
from nextvisit.sdk.authoring.pseudonyms import Pseudonyms
from nextvisit.sdk.authoring.recording import Exchange, write_recording
from nextvisit.sdk.authoring.relay import RecordingRelay, relaying
from nextvisit.sdk.authoring.replay import replaying, sampled
from nextvisit.sdk.authoring.source_names import NOBODY, codes_of, names_in, names_of
from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.sdk.hookspecs import PROJECT, MisAdapterPlugin
from nextvisit.sdk.outbound import OutboundServer
from nextvisit.sdk.ports import FindsSlots, Lists, MisAdapter, TellsTime
from nextvisit.sdk.records import Change, MisEvent, MisRef, SlotQuery
from nextvisit.sdk.settings import SecretRef, reveal

_PULLS: Final = 5
_SOME: Final = 3


@dataclass(frozen=True, slots=True)
class Recorded:
    """kept: of each place, how many values stayed as they are. left_out: by why.

    read, again: how many records the adapter made of the server's answers, and of the recording. None where
    the plugin was run by somebody else. fault: with which error it ends over the recording.
    """

    file: Path
    exchanges: int
    kept: Mapping[str, int]
    left_out: Mapping[str, int]
    read: Mapping[str, int] | None = None
    again: Mapping[str, int] | None = None
    fault: str | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is missing, and the plugin reads the recording as it read the server."""
        return not self.left_out and self.fault is None and self.read == self.again


@dataclass(frozen=True, slots=True)
class Source:
    """An installed plugin's module, and the folder or the file of its package."""

    module: str
    package: Path


@dataclass(frozen=True, slots=True)
class HowToRecord:
    """into: the file. server: whom the relay asks. keep, secrets: see `Disguise`. codes: more that stay."""

    into: Path
    server: OutboundServer
    keep: Sequence[str] = ()
    codes: frozenset[str] = frozenset()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def source_of(name: str) -> Source:
    """Raises ConfigError for a name that nothing installed bears."""
    for point in entry_points(group=PROJECT, name=name):
        spec = importlib.util.find_spec(point.module.partition(".")[0])
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            return Source(point.module, origin.parent if spec.submodule_search_locations else origin)
    raise ConfigError("plugin.unknown", "no plugin of this name is installed here", place=name)


def adapter_plugin(name: str) -> MisAdapterPlugin:
    """Raises ConfigError for a plugin that is no adapter."""
    (point, *_) = entry_points(group=PROJECT, name=name)
    hook = getattr(point.load(), "mis_adapters", None)
    found = [each for each in (hook() if hook is not None else ()) if each.slug == name]
    if not found:
        raise ConfigError("plugin.record", "is no MIS adapter; give --to, and run it yourself", place=name)
    plugin: MisAdapterPlugin = found[0]
    return plugin


def settings_in(file: Path) -> Mapping[str, Any]:
    """A connection's `settings` alone. Raises ConfigError."""
    try:
        given = YAML(typ="safe").load(file.read_text("utf-8"))
    except (YAMLError, UnicodeDecodeError):
        given = None
    if not isinstance(given, dict):
        raise ConfigError("plugin.record", "is no mapping of settings", place=str(file))
    return given


def address_in(settings: Mapping[str, Any], place: str) -> tuple[str, str]:
    """The key of the server's address, and the address. Raises ConfigError where it is not one."""
    found = [
        (key, value)
        for key, value in settings.items()
        if isinstance(value, str) and value.startswith(("http://", "https://"))
    ]
    if len(found) != 1:
        message = f"has {len(found)} addresses of servers; give --to, and run the plugin yourself"
        raise ConfigError("plugin.record", message, place=place)
    return found[0]


def maker(plugin: MisAdapterPlugin, settings: Mapping[str, Any], place: str) -> Callable[[str], MisAdapter]:
    """Adapters under these settings, to the server at another address. Raises ConfigError."""
    key, _ = address_in(settings, place)

    def made(url: str) -> MisAdapter:
        try:
            read = plugin.settings(**{**settings, key: url})
        except ValidationError as error:
            said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise ConfigError("plugin.record", said, place=place) from None
        adapter: MisAdapter = plugin.build(read)
        return adapter

    return made


def secrets_in(settings: Mapping[str, Any]) -> Iterator[str]:
    """What the references among the values lead to."""
    for value in settings.values():
        if isinstance(value, str) and value.startswith(("file:", "env:")):
            reference: SecretRef = value
            yield reveal(reference)


async def record_relayed(
    source: Source, how: HowToRecord, until: asyncio.Event, tell: Callable[[str], None]
) -> Recorded:
    """What somebody else's run of the plugin asks, `until` it is over. tell: is given the relay's address."""
    async with relaying(RecordingRelay(how.server)) as relay:
        relay.disguise = _disguise(source, how, relay.url)
        tell(relay.url)
        await until.wait()
    return _written(relay, how)


async def record_adapter(
    source: Source, how: HowToRecord, make: Callable[[str], MisAdapter], wanted: SlotQuery | None
) -> Recorded:
    """What the reading of a whole MIS asks. make: an adapter to a server at an address. wanted: times."""
    async with relaying(RecordingRelay(how.server)) as relay:
        relay.disguise = _disguise(source, how, relay.url)
        adapter = make(relay.url)
        try:
            read = await _read_all(adapter)
            again, _ = await _read_again(relay.exchanges, make)
            await _ask_the_rest(adapter, _alike(read, again), wanted)
        finally:
            await adapter.close()
        again, fault = await _read_again(relay.exchanges, make)
    return replace(_written(relay, how), read=_kinds(read), again=_kinds(again), fault=fault)


def _disguise(source: Source, how: HowToRecord, relay: str) -> Disguise:
    codes = (codes_of(source.package) | how.codes) - how.secrets
    pseudonyms = Pseudonyms(codes, today=datetime.now(UTC).date())
    bases = [how.server.base_url, relay]
    names = names_of(source.package) | names_in(how.codes)
    return Disguise(pseudonyms, bases, names=names, keep=how.keep, secrets=how.secrets)


def _written(relay: RecordingRelay, how: HowToRecord) -> Recorded:
    write_recording(how.into, relay.exchanges)
    kept = {} if relay.disguise is None else dict(sorted(relay.disguise.kept.items()))
    return Recorded(how.into, len(relay.exchanges), kept, dict(relay.left_out))


async def _read_all(adapter: MisAdapter) -> list[MisEvent]:
    """As the kit does: to the end, from there until there is nothing new, and from every page on."""
    await adapter.check()
    if isinstance(adapter, TellsTime):
        await adapter.time()
    pages = [page async for page in adapter.changes(None)]
    read = [record for page in pages for record in adapter.parse(page.body)]
    cursor = pages[-1].cursor if pages else None
    for _ in range(_PULLS):
        more = [page async for page in adapter.changes(cursor)]
        if not more:
            break
        cursor = more[-1].cursor
    for at in sampled(len(pages)):
        async for _ in adapter.changes(pages[at].cursor):
            pass
    return read


async def _read_again(
    exchanges: Sequence[Exchange], make: Callable[[str], MisAdapter]
) -> tuple[list[MisEvent], str | None]:
    """What the adapter reads of them, and the error that ended it."""
    read: list[MisEvent] = []
    async with replaying(exchanges) as replay:
        adapter = make(replay.url)
        try:
            await adapter.check()
            async for page in adapter.changes(None):
                read += adapter.parse(page.body)
        except NextVisitError as error:
            return read, named(error)
        finally:
            await adapter.close()
    return read, None


def _alike(read: Sequence[MisEvent], again: Sequence[MisEvent]) -> list[MisRef]:
    """What the kit will look up: it takes the first ones, as they are spelt in the recording."""
    if [type(each) for each in read] != [type(each) for each in again]:
        return []
    both = {
        (here.ref, here.version): there.ref
        for there, here in zip(read, again, strict=True)
        if isinstance(here, Change) and isinstance(there, Change)
    }
    return [both[each] for each in sorted(both)[:_SOME]]


async def _ask_the_rest(adapter: MisAdapter, refs: Sequence[MisRef], wanted: SlotQuery | None) -> None:
    if isinstance(adapter, Lists):
        async for _ in adapter.listing():
            pass
        await adapter.look_up([*refs, MisRef(f"Patient/{NOBODY}")])
    if isinstance(adapter, FindsSlots) and wanted is not None:
        await adapter.free_slots(wanted)


def _kinds(records: Sequence[MisEvent]) -> Mapping[str, int]:
    return dict(Counter(type(each).__name__ for each in records).most_common())
