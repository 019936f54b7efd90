"""The application on a clinic, and a client that talks ASGI to it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx2

from nextvisit.sdk.records import MisRef
from nextvisit.store.base.ids import JourneyId
from nextvisit.store.messages.message_rows import Message
from nextvisit.watch.readiness import Readiness
from nextvisit.web.app import create_app
from nextvisit.web.deps import ApiDeps
from tests.postgres import taking_in
from tests.world.clinic import Clinic
from tests.world.records import a_patient
from tests.world.site import SITE

BROWSER = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36"


@dataclass(frozen=True)
class Web:
    """`journey` waits for an answer to `message`."""

    clinic: Clinic
    http: httpx2.AsyncClient
    journey: JourneyId
    message: Message


def deps_of(clinic: Clinic, *, seconds: Callable[[], float] = time.monotonic) -> ApiDeps:
    """As the role has them: with the intake key, and no key that opens anything."""
    opened = taking_in(clinic.db)
    readiness = Readiness("this-one", database=opened, works=lambda: True, seconds=seconds)
    return ApiDeps(
        opened,
        SITE,
        {"sms": clinic.sms},
        {"his": clinic.mis},
        clinic.programs,
        readiness.instance,
        readiness.answer,
    )


@asynccontextmanager
async def client(deps: ApiDeps) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=create_app(deps))
    async with httpx2.AsyncClient(
        transport=transport, base_url=SITE.public_url, headers={"User-Agent": BROWSER}
    ) as http:
        yield http


@asynccontextmanager
async def a_web(clinic: Clinic, *, language: str = "pl") -> AsyncIterator[Web]:
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(MisRef("Patient/1"))
    message = await clinic.a_message(journey)
    async with client(deps_of(clinic)) as http:
        yield Web(clinic, http, journey, replace(message, language=language))
