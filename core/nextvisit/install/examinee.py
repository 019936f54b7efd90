"""What the doctor asks, as the settings name it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from nextvisit.domain.site import Site
from nextvisit.install.embedded import data_folder, secret_file
from nextvisit.install.erased_list import finding
from nextvisit.install.settings import Settings
from nextvisit.intake.second_reader import SecondReader
from nextvisit.sdk.ports import Channel, MisAdapter
from nextvisit.sdk.settings import SecretRef
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns.programs import Programs
from nextvisit.watch.doctor import Examinee
from nextvisit.watch.finding import Finding, fine
from nextvisit.watch.second_readers import Beside
from nextvisit.watch.servers import OtherSide


def examinee_of(
    settings: Settings,
    site: Site,
    connections: tuple[Mapping[str, MisAdapter], Mapping[str, Channel]],
    stored: tuple[Database | None, Programs | None],
    temporal: Callable[[], Awaitable[str]],
    *,
    second: Beside | None,
) -> Examinee:
    """temporal: connects and gives the namespace, or raises RetryLater."""

    async def asked() -> Sequence[Finding]:
        return fine(f"answers at {settings.temporal.address}, namespace {await temporal()}")

    return Examinee(
        database=stored[0],
        temporal=asked,
        temporal_at=settings.temporal.address,
        site=site,
        mis=connections[0],
        channels=connections[1],
        programs=stored[1],
        sync_every={slug: each.sync_every.to_timedelta() for slug, each in settings.mis.items()},
        books=settings.booking_mis,
        api=(settings.api.host, settings.api.port),
        others=other_sides(settings),
        folder=_folder(settings.database.app),
        patience=settings.attempt,
        second=second,
        erased=None if stored[0] is None else partial(finding, stored[0], settings.vault.erased_file),
        per_day={slug: each.per_day for slug, each in settings.channels.items() if each.per_day is not None},
    )


def beside(second: SecondReader | None, patience: timedelta) -> Beside | None:
    """Who reads beside the rules, as the doctor asks for it."""
    if second is None:
        return None
    return Beside(second.slug, second.languages, second.memory, lambda: second.load(patience))


def other_sides(settings: Settings) -> Mapping[str, OtherSide]:
    """Whom each connection speaks to."""
    mis = {
        slug: OtherSide(f"mis.{slug}.settings", each.adapter, _address(each.settings))
        for slug, each in settings.mis.items()
    }
    channels = {
        slug: OtherSide(f"channels.{slug}.settings", each.channel, _address(each.settings))
        for slug, each in settings.channels.items()
    }
    return mis | channels


def _address(settings: Mapping[str, object]) -> str | None:
    """Host and port, as far as what a plugin is given has them under the names that all of ours use."""
    match settings:
        case {"base_url": str(url)}:
            return _of_url(url)
        case {"host": str(host), "port": int(port)}:
            return f"{host}:{port}"
        case {"host": str(host)}:
            return host
    return None


def _of_url(url: str) -> str | None:
    with suppress(ValueError):  # no URL, which its plugin says better
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    return None


def _folder(app: SecretRef) -> Path:
    """The data's; else that of the connection, which a demo has beside its data; else where we are."""
    secret = secret_file(app)
    return data_folder(app) or (Path.cwd() if secret is None else secret.parent)
