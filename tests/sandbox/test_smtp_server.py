"""The clinic's mail server, met by a mail client of another make."""

from __future__ import annotations

import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import TYPE_CHECKING

import aiosmtplib
import httpx2
import pytest

from nextvisit_sandbox.mailbox_refusals import REFUSALS

if TYPE_CHECKING:
    from nextvisit_sandbox.clinic import SandboxClinic
    from tests.sandbox.conftest import Opened

pytestmark = pytest.mark.anyio


def a_mail(to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "klinika@sandbox.example", to, "Zażółć"
    mail["Message-ID"] = "<m1@nextvisit.example>"
    mail.set_content("Dzień dobry")
    mail.add_alternative("<p>Dzień dobry</p>", subtype="html")
    return mail


def client(clinic: SandboxClinic) -> aiosmtplib.SMTP:
    trust = ssl.create_default_context(cafile=clinic.config.ca_file)
    return aiosmtplib.SMTP(
        hostname="127.0.0.1", port=clinic.smtp_port, tls_context=trust, start_tls=False, timeout=10
    )


async def logged_in(clinic: SandboxClinic) -> aiosmtplib.SMTP:
    made = client(clinic)
    await made.connect()
    await made.starttls()
    await made.login(clinic.config.smtp_user, clinic.config.smtp_password.get_secret_value())
    return made


async def test_a_mail_is_taken_whole(opened: Opened) -> None:
    async with opened() as clinic:
        smtp = await logged_in(clinic)
        await smtp.send_message(a_mail("jan@poczta.example"))
        await smtp.quit()
        (mail,) = clinic.mailbox
        assert (mail.to, mail.subject, mail.message_id) == (
            ("jan@poczta.example",),
            "Zażółć",
            "<m1@nextvisit.example>",
        )
        assert mail.text.strip() == "Dzień dobry"
        assert mail.html.strip() == "<p>Dzień dobry</p>"


async def test_without_starttls_there_is_no_login_and_no_mail(opened: Opened) -> None:
    async with opened() as clinic:
        smtp = client(clinic)
        await smtp.connect()
        await smtp.ehlo()
        assert not smtp.supports_extension("auth")
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await smtp.mail("klinika@sandbox.example")
        assert refused.value.code == 530
        smtp.close()


async def test_without_login_there_is_no_mail(opened: Opened) -> None:
    async with opened() as clinic:
        smtp = client(clinic)
        await smtp.connect()
        await smtp.starttls()
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await smtp.mail("klinika@sandbox.example")
        assert refused.value.code == 530
        smtp.close()


async def test_a_wrong_password_is_refused_at_once(opened: Opened) -> None:
    async with opened() as clinic:
        smtp = client(clinic)
        await smtp.connect()
        await smtp.starttls()
        with pytest.raises(aiosmtplib.SMTPAuthenticationError) as refused:
            await smtp.login(clinic.config.smtp_user, "wrong")
        assert refused.value.code == 535
        smtp.close()


async def test_a_mailbox_that_is_gone_bounces(opened: Opened) -> None:
    async with opened(patients=5) as clinic:
        owner = next(
            patient.resource
            for patient in clinic.store.all("Patient")
            if any(point["system"] == "email" for point in patient.resource["telecom"])
        )
        address = next(p["value"] for p in owner["telecom"] if p["system"] == "email")
    async with opened(patients=5, behaviours={owner["id"]: "bounces"}) as clinic:
        smtp = await logged_in(clinic)
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await smtp.send_message(a_mail(address))
        assert refused.value.recipients[0].code == 550
        assert refused.value.recipients[0].message.startswith("5.1.1")
        smtp.close()


async def test_a_share_of_the_mailboxes_refuses_each_in_its_own_words(opened: Opened) -> None:
    async with opened(patients=200, smtp_refuses=0.5) as clinic:
        addresses = sorted(clinic.patients._book._mailboxes)
        smtp = await logged_in(clinic)
        for _ in range(2):
            for address in addresses:
                with suppress(aiosmtplib.SMTPRecipientsRefused):
                    await smtp.send_message(a_mail(address))
        smtp.close()
        taken = {address for mail in clinic.mailbox for address in mail.to}
        said = {(each.to, each.reply) for each in clinic.refused}
        assert len(said) == len({to for to, _ in said}) == len(clinic.refused) / 2
        assert taken | {to for to, _ in said} == set(addresses)
        assert len(addresses) / 3 < len(said) < len(addresses) * 2 / 3
        assert {reply for _, reply in said} == set(REFUSALS)


async def test_greylisting_refuses_the_first_time_only(opened: Opened) -> None:
    async with opened(greylist=True) as clinic:
        smtp = await logged_in(clinic)
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await smtp.send_message(a_mail("jan@poczta.example"))
        assert refused.value.recipients[0].code == 451
        await smtp.send_message(a_mail("jan@poczta.example"))
        assert len(clinic.mailbox) == 1
        smtp.close()


async def test_an_outage_ends_and_duplicates_are_counted(opened: Opened) -> None:
    async with (
        opened() as clinic,
        httpx2.AsyncClient(base_url=clinic.control_url, trust_env=False) as control,
    ):
        smtp = await logged_in(clinic)
        await smtp.send_message(a_mail("jan@poczta.example"))
        port = clinic.smtp_port
        await control.post("/control/smtp/down")
        with pytest.raises(aiosmtplib.SMTPException):
            await smtp.send_message(a_mail("jan@poczta.example"))
        with pytest.raises(aiosmtplib.SMTPConnectError):
            await client(clinic).connect()
        await control.post("/control/smtp/up")
        assert clinic.smtp_port == port
        again = await logged_in(clinic)
        await again.send_message(a_mail("jan@poczta.example"))
        again.close()
        totals = (await control.get("/control/totals")).json()
        assert totals["mails"] == 2
        assert totals["mail_duplicates"] == ["<m1@nextvisit.example>"]
