"""A certificate that is refused says why: whoever renews it is not who trusts it."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from nextvisit.sdk.certificates import certificate_fault
from nextvisit.sdk.errors import ConfigError
from nextvisit_channel_email_smtp import EmailSmtpChannel, EmailSmtpSettings
from nextvisit_channel_sms_smpp import SmsSmppChannel, SmsSmppSettings
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
ISSUED: dict[str, dict[str, Any]] = {
    "has expired": {"not_before": NOW - 9 * DAY, "not_after": NOW - DAY},
    "is not valid yet": {"not_before": NOW + DAY, "not_after": NOW + 9 * DAY},
    "is for another name": {"identity": "elsewhere.example"},
    "is not trusted here; set ca_file": {"authority": trustme.CA()},
}


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize("fault", ISSUED)
async def test_a_certificate_is_refused_with_what_is_wrong_with_it(fault: str, tmp_path: Path) -> None:
    trusted, issued = trustme.CA(), dict(ISSUED[fault])
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(trusted.cert_pem.bytes())
    identity = issued.pop("identity", "localhost")
    leaf = issued.pop("authority", trusted).issue_cert(identity, **issued)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)
    server = await asyncio.start_server(_hang_up, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for checked in connections_to(port, ca_file):
            with pytest.raises(ConfigError, match=fault) as caught:
                await checked.check()
            assert "localhost" in caught.value.place
            await checked.close()


def connections_to(port: int, ca_file: Path) -> tuple[Any, ...]:
    trust = {"ca_file": ca_file, "timeout": timedelta(seconds=20)}
    mail = {"host": "localhost", "port": port, "tls": "implicit", "sender": {"address": "a@clinic.example"}}
    text = {"host": "localhost", "port": port, "system_id": "x", "password": "env:HOME", "sender": "Klinika"}
    return (
        FhirR4Adapter(FhirR4Settings.model_validate({"base_url": f"https://localhost:{port}/fhir"} | trust)),
        EmailSmtpChannel(EmailSmtpSettings.model_validate(mail | trust)),
        SmsSmppChannel(SmsSmppSettings.model_validate(text | trust)),
    )


def test_what_is_not_about_a_certificate_is_none() -> None:
    assert certificate_fault(OSError("refused")) is None
    assert certificate_fault(ssl.SSLError("no TLS")) is None
