"""What stands around the pods: the clinic with its mail server, who forwards to them, their values and Secrets."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme

from nextvisit.store.vault.root_key import create_vault_file
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from nextvisit_sandbox.received import ReceivedMail
from tests.chart.cluster import Pod
from tests.chart.rendering import Values, values_of
from tests.world.temporal_tls import SERVER, passing_on

NOON = 13


class HeldClinic(SandboxClinic):
    """Its mail server may be made to keep a mail in its hands, so that the send is under way."""

    def __init__(self, config: SandboxConfig) -> None:
        super().__init__(config)
        self.open = asyncio.Event()
        self.holds = asyncio.Event()

    async def _inspect(self, mail: ReceivedMail) -> None:
        self.holds.set()
        await self.open.wait()
        await super()._inspect(mail)


@dataclass(slots=True)
class Front:
    """What the api's Service is: whoever of `pods` comes first, under one address."""

    port: int = 0
    pods: list[Pod] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        async with passing_on(lambda: (self.pods[0].address, 8080) if self.pods else None) as self.port:
            yield


def clinic_values(clinic: SandboxClinic, front: Front, temporal: int) -> Values:
    """The profile of one clinic, with the sandbox's as its own."""
    settings: dict[str, Any] = {
        "site": {
            "name": "Klinika Pod Lipą",
            "phone": "+48 22 555 01 00",
            "zone": _where_it_is_day(datetime.now(UTC).hour),
            "country": "PL",
            "languages": ["pl", "ru", "en"],
            "public_url": f"http://127.0.0.1:{front.port}",
        },
        "mis": {
            "clinic": {
                "adapter": "fhir_r4",
                "sync_every": "1 minute",
                "books": True,
                "settings": {"base_url": clinic.fhir_url, "token": "file:/run/nextvisit/secrets/fhir"},
            }
        },
        "channels": {
            "email": {
                "channel": "email_smtp",
                "settings": {
                    "host": "127.0.0.1",
                    "port": clinic.smtp_port,
                    "username": "nextvisit",
                    "password": "file:/run/nextvisit/secrets/smtp",
                    "ca_file": str(clinic.config.ca_file),
                    "sender": {"name": "Klinika Pod Lipą", "address": "wizyty@klinika.example"},
                    "timeout": "PT200S",
                    "patience": "PT60S",
                },
            }
        },
    }
    whole = values_of(
        "single",
        {
            "temporal": {"address": f"127.0.0.1:{temporal}", "tls": {"serverName": SERVER}},
            "drain": {"preStopSeconds": 1},
            # For a call that a busy machine takes long for; it is waited for only where it does.
            "attemptSeconds": 400,
        },
    )
    return {**whole, "settings": settings, "config": {"files": {}}}


def _where_it_is_day(hour: int) -> str:
    """Messages of a service go out from nine to eight in the evening, by the clinic's time."""
    east = (NOON - hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}"  # POSIX's sign: west is positive


def without_phones(clinic: SandboxClinic) -> None:
    """Of whom nobody has a phone, the zone is the clinic's."""
    for each in clinic.store.all("Patient"):
        telecom = [one for one in each.resource.get("telecom", ()) if one.get("system") == "email"]
        telecom = telecom or [{"system": "email", "value": f"{each.resource['id']}@poczta.example"}]
        changed = {**each.resource, "telecom": telecom}
        clinic.store.spoil("Patient", str(each.resource["id"]), json.dumps(changed).encode())


def secrets_of(
    folder: Path, connections: Mapping[str, str], authority: trustme.CA, sandbox: SandboxConfig
) -> dict[str, Mapping[str, bytes]]:
    """Those that values-single names, and a clinic's own; the intake key's is made later."""
    ours = authority.issue_cert("nextvisit.clinic.example")
    create_vault_file(folder / "root.key")
    root = (folder / "root.key").read_bytes()
    (folder / "root.key").unlink()
    return {
        "nextvisit-root-key": {"root.key": root},
        "nextvisit-database-app": {"dsn": connections["app"].encode()},
        "nextvisit-database-owner": {"dsn": connections["owner"].encode()},
        "nextvisit-database-ca": {"ca.crt": authority.cert_pem.bytes()},
        "nextvisit-temporal-client": {
            "ca.crt": authority.cert_pem.bytes(),
            "tls.crt": ours.cert_chain_pems[0].bytes(),
            "tls.key": ours.private_key_pem.bytes(),
        },
        "nextvisit-mis": {"token": sandbox.fhir_token.get_secret_value().encode()},
        "nextvisit-mail": {"password": sandbox.smtp_password.get_secret_value().encode()},
        "of-nobody": {"key": secrets.token_bytes(8)},
    }
