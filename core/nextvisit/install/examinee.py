"""What the doctor asks, as the settings name it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from nextvisit.domain.site import Site
from nextvisit.install.settings import Settings
from nextvisit.sdk.ports import Channel, MisAdapter
from nextvisit.store.base.engine import Database
from nextvisit.watch.doctor import Examinee
from nextvisit.watch.finding import Finding, fine


def examinee_of(
    settings: Settings,
    site: Site,
    connections: tuple[Mapping[str, MisAdapter], Mapping[str, Channel]],
    database: Database | None,
    temporal: Callable[[], Awaitable[str]],
) -> Examinee:
    """temporal: connects and gives the namespace, or raises RetryLater."""

    async def asked() -> Sequence[Finding]:
        return fine(f"answers at {settings.temporal.address}, namespace {await temporal()}")

    return Examinee(
        database=database,
        temporal=asked,
        temporal_at=settings.temporal.address,
        site=site,
        mis=connections[0],
        channels=connections[1],
        sync_every={slug: each.sync_every.to_timedelta() for slug, each in settings.mis.items()},
        books=next((slug for slug, each in settings.mis.items() if each.books), None),
        api=(settings.api.host, settings.api.port),
        patience=settings.attempt,
    )
