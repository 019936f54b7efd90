"""The channel keeps the SDK's contract with a real submission server under STARTTLS."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from nextvisit.sdk.testing.suites import NO_WISH, ChannelPeer, ChannelSuite
from nextvisit_channel_email_smtp import EmailSmtpChannel, EmailSmtpSettings
from nextvisit_channel_email_smtp.channel import CAPABILITIES
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from nextvisit_sandbox.received import ReceivedMail

PASSWORD = "sandbox-mail"
WRONG = "wrong-password-8461"


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings' references lead."""
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("SMTP_WRONG", WRONG)


def channel(port: int, ca_file: Path, **more: Any) -> EmailSmtpChannel:
    """A channel to a server on this machine."""
    raw: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "username": "nextvisit",
        "password": "env:SMTP_PASSWORD",
        "ca_file": ca_file,
        "sender": {"name": "Klinik, Süd", "address": "desk@clinic.example"},
        "timeout": 5,
    }
    return EmailSmtpChannel(EmailSmtpSettings(**raw | more))


class TestEmailSmtp(ChannelSuite):
    """The whole suite."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.ca_file = tmp_path / "ca.pem"

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        config = SandboxConfig(patients=150, patients_act=False, ca_file=self.ca_file)
        async with SandboxClinic(config) as clinic:
            addresses = [
                str(point["value"])
                for each in clinic.store.all("Patient")
                for point in each.resource.get("telecom", [])
                if point["system"] == "email"
            ]
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                closed = listener.getsockname()[1]
            yield ChannelPeer(
                capabilities=CAPABILITIES,
                channel=lambda: channel(clinic.smtp_port, self.ca_file),
                to=next(one for one in addresses if clinic.refusals.of(one) is None),
                received=lambda: [mail.text for mail in clinic.mailbox],
                quoted=lambda: [message_from_bytes(mail.raw)["In-Reply-To"] for mail in clinic.mailbox],
                refused_to=next(one for one in addresses if clinic.refusals.of(one) is not None),
                unreachable=lambda: channel(closed, self.ca_file),
                wrong_login=lambda: channel(clinic.smtp_port, self.ca_file, password="env:SMTP_WRONG"),
                secrets=(PASSWORD, WRONG),
                cut_next=lambda: cut_next(clinic),
                throttle_next=lambda wait: greylist_next(clinic),
                peer_loggers=("mail.log", "mail.debug"),
            )


def cut_next(clinic: SandboxClinic) -> None:
    """The next mail is taken, and every connection is cut before that is said."""
    server = clinic._smtp
    taken = server._received

    def take_and_cut(mail: ReceivedMail) -> None:
        server._received = taken
        taken(mail)
        for connection in list(server._connections):
            connection.abort()

    server._received = take_and_cut


def greylist_next(clinic: SandboxClinic) -> str:
    """The next recipient is to come again; SMTP has no word for when."""
    server = clinic._smtp
    refusal = server._refusal

    def once(address: str) -> str:
        server._refusal = refusal
        return "451 4.7.1 greylisted, try again later"

    server._refusal = once
    return NO_WISH
