"""What the client libraries send when nobody asks anything: the baselines of `sending`."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count
from typing import Final

import aiosmtplib
import smpplib.client
import smpplib.consts

from bench.providers import SENDER, Providers

_TEXT: Final = "Klinika: we would be glad to see you again. Reply YES. Reply STOP for no more messages."
_TO: Final = "48600000000"


async def smtp_library(providers: Providers, messages: int) -> float:
    """Mails a second through aiosmtplib, over as many sessions as our channel opens."""
    settings = providers.email()
    context = ssl.create_default_context(cafile=settings.ca_file)
    waiting = iter([_mail(number) for number in range(messages)])

    async def session() -> None:
        smtp = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=providers.secret("smtp"),
            start_tls=True,
            tls_context=context,
        )
        async with smtp:
            for mail in waiting:
                await smtp.send_message(mail)

    began = time.perf_counter()
    await asyncio.gather(*(session() for _ in range(settings.connections)))
    return messages / (time.perf_counter() - began)


async def smpp_library(providers: Providers, messages: int) -> float:
    """Texts a second through smpplib, with as many submits open as our channel has."""
    return await asyncio.to_thread(_smpp_loop, providers, messages)


def _smpp_loop(providers: Providers, messages: int) -> float:
    settings = providers.sms()
    client = smpplib.client.Client(settings.host, settings.port, allow_unknown_opt_params=True)
    answers = count()
    answered = 0

    def heard(pdu: object) -> None:
        nonlocal answered
        del pdu
        answered = next(answers) + 1

    client.set_message_sent_handler(heard)
    began = time.perf_counter()
    client.connect()
    client.bind_transmitter(system_id=settings.system_id, password=providers.secret("smpp"))
    for sent in range(messages):
        while sent - answered >= settings.window:
            client.read_once()
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr=settings.sender,
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr=_TO,
            short_message=_TEXT.encode("ascii"),
            registered_delivery=True,
        )
    while answered < messages:
        client.read_once()
    seconds = time.perf_counter() - began
    client.unbind()
    client.disconnect()
    return messages / seconds


def _mail(number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = SENDER
    mail["To"] = f"patient{number}@mail.example"
    mail["Subject"] = "An invitation from Klinika"
    mail["Date"] = datetime.now(UTC)
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@clinic.example>"
    mail.set_content(_TEXT * 3)
    mail.add_alternative(f"<html><body><p>{_TEXT * 10}</p></body></html>", subtype="html")
    return mail
