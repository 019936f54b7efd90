"""A small clinic for each test that wants one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from nextvisit.clock import ScaledClock
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig

Opened = Callable[..., AbstractAsyncContextManager[SandboxClinic]]
Fhir = Callable[[SandboxClinic], AbstractAsyncContextManager[httpx2.AsyncClient]]
Until = Callable[[Callable[[], object]], Awaitable[None]]
TODAY = date(2026, 11, 23)


def _fast_clock() -> ScaledClock:
    """An hour in a tenth of a second; a Monday noon in Warsaw at the start."""
    return ScaledClock(36_000, datetime.now(UTC), datetime(2026, 11, 23, 11, tzinfo=UTC))


@pytest.fixture
def until() -> Until:
    """Waits for a condition; fails when it does not come true in time."""

    async def until(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(240):
            while not condition():
                await asyncio.sleep(0.02)

    return until


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens clinics with forty patients unless told otherwise."""

    @asynccontextmanager
    async def opened(**options: Any) -> AsyncIterator[SandboxClinic]:
        given = {
            "patients": 40,
            "today": TODAY,
            "patients_act": False,
            "clock": _fast_clock(),
            "ca_file": tmp_path / "ca.pem",
            **options,
        }
        async with SandboxClinic(SandboxConfig(**given)) as clinic:
            yield clinic

    return opened


@pytest.fixture
def fhir() -> Fhir:
    """Opens clients that know a clinic's token."""

    @asynccontextmanager
    async def fhir(clinic: SandboxClinic) -> AsyncIterator[httpx2.AsyncClient]:
        token = clinic.config.fhir_token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"}
        base = clinic.fhir_url + "/"
        async with httpx2.AsyncClient(base_url=base, headers=headers, trust_env=False) as client:
            yield client

    return fhir
