"""One settings file for the appliance. Secrets are references, never values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from packaging.utils import canonicalize_name
from pydantic import Field, IPvAnyNetwork

from nextvisit.domain.site import Site
from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import Foreign, Part, Slug, load
from nextvisit.files.yaml_text import LARGEST, decoded
from nextvisit.install.contents import Pin
from nextvisit.install.setting_values import (
    Country,
    HostName,
    Language,
    Line,
    Memory,
    Phone,
    PublicUrl,
    ZoneName,
)
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import Purpose
from nextvisit.sdk.settings import SecretRef, reveal
from nextvisit.segments.file import FixedSpanText, SpanText
from nextvisit.segments.spans import Span


class SiteSettings(Part):
    """The clinic. `short_name` signs text messages. On the days in `closed` only service messages go out.

    `unread_replies_hold`: how long messages to a patient wait after a reply that nobody understood, unless
    its task is done before.
    `confirm_stop`: who writes STOP is told once that it was heard, as some markets' law or operators want it.
    """

    name: Line
    short_name: Line | None = None
    country: Country  # before what it is held against
    phone: Phone
    zone: ZoneName
    languages: tuple[Language, ...] = Field(min_length=1)
    public_url: PublicUrl
    closed: dict[date, str] = Field(default_factory=dict)
    unread_replies_hold: FixedSpanText = Span(3, "day")
    confirm_stop: bool = False

    def to_site(self, years: range) -> Site:
        """With the public holidays of `years` in the country; a country unknown to us has none."""
        import holidays  # noqa: PLC0415  slow to load, and a check of a campaign needs no calendar

        days: dict[date, str] = {}
        if self.country in holidays.list_supported_countries():
            days.update(holidays.country_holidays(self.country, years=list(years)))
        return Site(
            name=self.name,
            short_name=self.short_name if self.short_name is not None else self.name,
            phone=self.phone,
            zone=ZoneInfo(self.zone),
            country=self.country,
            languages=self.languages,
            public_url=self.public_url,
            holidays={**days, **self.closed},
            unread_for=self.unread_replies_hold.to_timedelta(),
            confirm_stop=self.confirm_stop,
        )


class DatabaseSettings(Part):
    """`app` is what the roles run as; `owner` is needed by `nextvisit db migrate` alone.

    tls: `none` says that a connection to another machine may go without a proof of who answers.
    embedded_port: of this machine, which the server of `nextvisit up` listens on.
    """

    app: SecretRef
    owner: SecretRef | None = None
    tls: Literal["none"] | None = None
    pool_size: int = Field(default=20, ge=2, le=100)
    # Below the ports that the system gives to outgoing connections, so that nobody is given it by chance.
    embedded_port: int = Field(default=15432, ge=1024, le=65535)


class TemporalTlsSettings(Part):
    """How Temporal proves who it is, and we to it. Files are PEM.

    ca_file: who vouches for it; without it the system's authorities do. server_name: what its certificate
    says where that is not the host of `address`. cert_file, key: ours, where it asks for one.
    """

    ca_file: Path | None = None
    server_name: str | None = None
    cert_file: Path | None = None
    key: SecretRef | None = None


class TemporalSettings(Part):
    """Where the Temporal frontend is. tls: `none` has to be said of another machine."""

    address: str
    namespace: str = "nextvisit"
    tls: TemporalTlsSettings | Literal["none"] | None = None


class VaultSettings(Part):
    """root_key_file: made by `nextvisit vault create`, mode 0400. intake_key_file: made by `vault grant` for
    the api and the gateway, which do not read the root key. erased_file: who was erased, so that a restored
    backup brings nobody back.
    """

    root_key_file: Path
    intake_key_file: Path
    erased_file: Path


class ProcessSettings(Part):
    """That a connection's plugin runs in a process of its own. memory: bytes of data that it may have."""

    memory: Memory


class MisSettings(Part):
    """One MIS connection; `settings` belong to the adapter's plugin. `per_second` bounds its requests, of all
    processes together.

    process: the plugin runs in one of its own. trace: each call of the plugin is a line in the log, with its
    code and how long it took.
    """

    adapter: str
    sync_every: SpanText
    books: bool = False
    per_second: float | None = Field(default=None, ge=0.1, le=1000)
    trace: bool = False
    process: ProcessSettings | None = None
    settings: Foreign


class ChannelSettings(Part):
    """One channel connection; `per_second` and `per_day` bound all workers together. A day is the clinic's.

    Of two of a kind, the one with the higher `priority` carries a message that both are for; `purposes` and
    `countries` (of the address, such as PL) say what it is for, and without them it is for everything.

    process, trace: as of a MIS.
    """

    channel: str
    priority: int = Field(default=1, ge=1, le=100)
    purposes: tuple[Purpose, ...] = ()
    countries: tuple[Country, ...] = ()
    per_second: float | None = Field(default=None, gt=0)
    per_day: int | None = Field(default=None, ge=1)
    trace: bool = False
    process: ProcessSettings | None = None
    settings: Foreign


class UnderstandingSettings(Part):
    """How replies are read. words: a file with the clinic's own words, looked for beside the settings.

    reader: who reads beside the rules; it is a plugin's, and so are its `settings`.
    """

    words: str | None = None
    reader: Slug | None = None
    settings: Foreign = Field(default_factory=dict)


class InboxSettings(Part):
    """keep: how long what came in stays after it was processed, if it is not about one patient alone."""

    keep: FixedSpanText = Span(30, "day")


class ApiSettings(Part):
    """Where the API listens, for whom, and how many connections it keeps.

    hosts: that requests may be for, beside the one of `public_url` and this machine's own names.
    connections: at most, of all. connections_per_address: of one address that is none of `trusted_proxies`
    (addresses or networks), behind which all callers have the proxy's.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    hosts: tuple[HostName, ...] = ()
    trusted_proxies: tuple[IPvAnyNetwork, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    connections: int = Field(default=400, ge=10, le=100_000)
    connections_per_address: int = Field(default=50, ge=1)


Port = Annotated[int, Field(ge=1, le=65535)]


class StatusSettings(Part):
    """Where each role answers whoever watches it: /live, /ready, /metrics. A role without a port does not."""

    host: str = "127.0.0.1"
    worker: Port | None = None
    api: Port | None = None
    gateway: Port | None = None

    def at(self, role: str) -> tuple[str, int] | None:
        """Host and port of the role's; None: it has none."""
        ports = {"worker": self.worker, "api": self.api, "gateway": self.gateway}
        port = ports[role]
        return None if port is None else (self.host, port)


class AllowedPlugin(Part):
    """A distribution that may be loaded; its name alone, or with what else is held against it.

    version: as its metadata spells it. content: of all of its files, as `nextvisit plugin install` prints it.
    """

    distribution: str = Field(min_length=1)
    version: str | None = None
    content: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")] | None = None

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object]:
        return {"distribution": word}


class KeepSettings(Part):
    """How many backups stay: of so many days, weeks and months the newest of each."""

    daily: int = Field(default=7, ge=1, le=3660)
    weekly: int = Field(default=4, ge=0, le=520)
    monthly: int = Field(default=6, ge=0, le=120)


class BackupSettings(Part):
    """to: the folder of backups. recipients: public keys (`age1…`), each of which alone can open them; of
    `nextvisit backup keys`. tools: the folder of pg_dump and pg_restore where those that come with the
    program are not to be used.
    """

    to: Path
    recipients: tuple[str, ...] = Field(min_length=1)
    keep: KeepSettings = KeepSettings()
    tools: Path | None = None


class Settings(Part):
    """The whole file. `attempt` is how long one try of a provider's call may take (ISO 8601: PT60S).

    catalogue: a file with the site's specialties and services and their codes, beside the settings.
    """

    site: SiteSettings
    database: DatabaseSettings
    temporal: TemporalSettings
    vault: VaultSettings
    mis: dict[str, MisSettings]
    channels: dict[str, ChannelSettings]
    api: ApiSettings = ApiSettings()
    status: StatusSettings = StatusSettings()
    inbox: InboxSettings = InboxSettings()
    backup: BackupSettings | None = None
    understanding: UnderstandingSettings | None = None
    catalogue: str | None = None
    plugins: tuple[AllowedPlugin, ...] | None = None
    plugins_dir: Path | None = None
    attempt: timedelta = timedelta(seconds=60)

    @property
    def patience(self) -> timedelta:
        """For one call of a provider: the rest of an attempt is for what we make of its answer."""
        return self.attempt * 0.75

    @property
    def plugins_used(self) -> frozenset[str]:
        """The slugs of the adapters, channels and readers that are named: these are loaded, and no others."""
        reader = None if self.understanding is None else self.understanding.reader
        return frozenset(
            {
                *(each.adapter for each in self.mis.values()),
                *(each.channel for each in self.channels.values()),
                *([] if reader is None else [reader]),
            }
        )

    @property
    def pins(self) -> tuple[Pin, ...] | None:
        """The distributions that may be loaded; None: all that are installed."""
        if self.plugins is None:
            return None
        return tuple(Pin(each.distribution, each.version, each.content) for each in self.plugins)

    def beside(self, path: Path) -> Path:
        """A path of the file, which is looked for beside it unless it is absolute."""
        return Path(self.place.file).parent / path

    @property
    def booking_mis(self) -> str | None:
        """The connection that visits are booked in; `load_settings` sees to it that there are not two."""
        return next((slug for slug, each in self.mis.items() if each.books), None)


def revealed(reference: SecretRef, key: str) -> str:
    """The secret that `key` of the settings refers to. Raises ConfigError, which names both."""
    try:
        return reveal(reference)
    except ConfigError as error:
        raise ConfigError(error.code, error.why, place=f"{key}: {reference}") from error


def out_of_reach(settings: Settings) -> Iterator[ConfigError]:
    """Of the secrets that connections refer to: why one cannot be read now, with the key that names it."""
    named: list[tuple[str, object]] = [(f"mis.{slug}", each.settings) for slug, each in settings.mis.items()]
    named += [(f"channels.{slug}", each.settings) for slug, each in settings.channels.items()]
    if settings.understanding is not None:
        named.append(("understanding", settings.understanding.settings))
    for key, text in (found for place, each in named for found in texts_in(each, f"{place}.settings")):
        # Only a plugin knows which of its settings are references; nothing else is written so.
        if text.startswith(("file:", "env:")):
            try:
                revealed(text, key)
            except ConfigError as error:
                yield error


def texts_in(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """All of a part of the settings that is somebody else's, with their keys from `key` on."""
    match value:
        case str():
            yield key, value
        case dict():
            for name, each in value.items():
                yield from texts_in(each, f"{key}.{name}")
        case list() | tuple():
            for index, each in enumerate(value):
                yield from texts_in(each, f"{key}.{index}")


def load_settings(path: Path) -> Settings:
    """Read and check the file. Raises ConfigError or InvalidFile with line and column.

    Connections share one space of names, whether of a channel or of a MIS.
    """
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode) and not S_ISDIR(mode):
            raise InvalidFile([Fault(str(path), 1, 1, "this is no ordinary file")])
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(
            "settings.unreadable",
            f"{error.strerror}; name another file with --config or NEXTVISIT_CONFIG",
            place=str(path),
        ) from error
    settings = load(decoded(str(path), raw), Settings)
    allowed = [canonicalize_name(each.distribution) for each in settings.plugins or ()]
    if twice := sorted({each for each in allowed if allowed.count(each) > 1}):
        says = f"{', '.join(twice)} stands here twice, and nobody can tell which is meant"
        raise InvalidFile([settings.place.fault_at("plugins", says)])
    both = sorted(settings.mis.keys() & settings.channels.keys())
    if both:
        raise ConfigError(
            "settings.name_taken",
            f"is the name of a MIS connection, too (mis.{both[0]}): webhooks, listeners and logs go by names",
            place=f"channels.{both[0]}",
        )
    if more := [slug for slug, each in settings.mis.items() if each.books][1:]:
        says = f"visits are booked in {settings.booking_mis} already; one connection alone has `books: true`"
        raise InvalidFile([settings.mis[slug].place.fault_at("books", says) for slug in more])
    return settings
