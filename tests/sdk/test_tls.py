"""A port that answers in another way than it is asked is not told as one that does not answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import trustme

from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit.sdk.tls import speaks_tls
from nextvisit_channel_email_smtp import EmailSmtpChannel, EmailSmtpSettings
from nextvisit_channel_sms_smpp import SmsSmppChannel, SmsSmppSettings
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings

pytestmark = pytest.mark.anyio
PLAIN = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


async def _in_plain_words(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(PLAIN)
    await writer.drain()
    writer.close()


async def _hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@asynccontextmanager
async def _port(answer: Any, *, tls: bool) -> AsyncIterator[int]:
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        trustme.CA().issue_cert("localhost").configure_cert(context)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _fhir(port: int, scheme: str) -> FhirR4Adapter:
    return FhirR4Adapter(FhirR4Settings(base_url=f"{scheme}://localhost:{port}/fhir"))


def _mail(port: int, tls: str, timeout: float = 20) -> EmailSmtpChannel:
    raw = {"host": "localhost", "port": port, "tls": tls, "sender": {"address": "a@clinic.example"}}
    return EmailSmtpChannel(EmailSmtpSettings.model_validate(raw | {"timeout": timedelta(seconds=timeout)}))


def _text(port: int) -> SmsSmppChannel:
    raw = {"host": "localhost", "port": port, "system_id": "x", "password": "env:HOME", "sender": "Klinika"}
    return SmsSmppChannel(SmsSmppSettings.model_validate(raw))


async def test_what_answers_our_tls_in_plain_words_is_told_so() -> None:
    async with _port(_in_plain_words, tls=False) as port:
        for asked in (_fhir(port, "https"), _mail(port, "implicit"), _text(port)):
            with pytest.raises(ConfigError, match="it answers, and not in TLS") as caught:
                await asked.check()
            assert f"localhost:{port}" in caught.value.place
            await asked.close()


async def test_what_speaks_tls_alone_is_told_so() -> None:
    async with _port(_hangs_up, tls=True) as port:
        for asked, setting in (
            (_fhir(port, "http"), "https://"),
            (_mail(port, "starttls", 1), "tls: implicit"),
        ):
            with pytest.raises(ConfigError, match="it speaks TLS") as caught:
                await asked.check()
            assert f"localhost:{port}" in caught.value.place
            assert setting in caught.value.why
            await asked.close()


async def test_what_does_not_answer_at_all_speaks_no_language() -> None:
    async with _port(_hangs_up, tls=False) as port:
        assert not await speaks_tls("localhost", port)
        for asked in (
            _fhir(port, "http"),
            _fhir(port, "https"),
            _mail(port, "starttls"),
            _mail(port, "implicit"),
        ):
            with pytest.raises(RetryLater):
                await asked.check()
            await asked.close()
    assert not await speaks_tls("localhost", port)
