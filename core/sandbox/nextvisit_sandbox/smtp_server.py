"""A mail server that wants STARTTLS and a login, and hands mail to its owner."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from nextvisit_sandbox.received import ReceivedMail, RefusedMail

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

    from nextvisit.clock import Clock


class SmtpServer:
    """Listens on one port; `down` drops everybody, `up` returns to the same port."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        password: str,
        tls: ssl.SSLContext,
        clock: Clock,
        received: Callable[[ReceivedMail], None],
        refusal: Callable[[str], str | None],
        inspect: Callable[[ReceivedMail], Awaitable[None]],
        refused: Callable[[RefusedMail], None],
        greylist: bool = False,
    ) -> None:
        self.port = port
        self._host = host
        self._login = (user.encode(), password.encode())
        self._tls = tls
        self._clock = clock
        self._received = received
        self._refusal = refusal
        self._inspect = inspect
        self._refused = refused
        self._greylist = greylist
        self._seen: set[tuple[str, str]] = set()
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def up(self) -> None:
        """Listens; a port of 0 is chosen once and kept."""
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Closes the listener and every open connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.abort()
        await self._server.wait_closed()
        self._server = None
        # Lets the aborted connections' tasks end in this loop.
        await asyncio.sleep(0)

    def _connection(self) -> _Connection:
        return _Connection(
            self,
            connections=self._connections,
            hostname="mail.sandbox-clinic.example",
            ident="sandbox clinic",
            tls_context=self._tls,
            require_starttls=True,
            auth_required=True,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(self, *call: object) -> AuthResult:
        login = call[-1]
        if isinstance(login, LoginPassword):
            pair = (login.login, login.password)
            if all(compare_digest(a, b) for a, b in zip(pair, self._login, strict=True)):
                return AuthResult(success=True)
        # handled=True would leave the client waiting for an answer.
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuses for mailboxes that take nothing; with greylisting, everybody once."""
        refusal = self._refusal(address)
        if refusal is not None:
            self._refused(RefusedMail(address, refusal, self._clock.now()))
            return refusal
        pair = (envelope.mail_from or "", address)
        if self._greylist and pair not in self._seen:
            self._seen.add(pair)
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes the mail; whoever sees the 250 may rely on it."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(raw, policy=policy.default)
        mail = ReceivedMail(
            message_id=str(message.get("Message-ID", "")).strip(),
            sender=envelope.mail_from or "",
            to=tuple(envelope.rcpt_tos),
            subject=str(message.get("Subject", "")),
            text=_part(message, "plain"),
            html=_part(message, "html"),
            at=self._clock.now(),
            raw=raw,
        )
        await self._inspect(mail)
        self._received(mail)
        return "250 2.0.0 accepted"


class _Connection(SMTP):
    """A session that its server can cut."""

    def __init__(self, owner: SmtpServer, *, connections: set[_Connection], **options: Any) -> None:
        super().__init__(owner, **options)
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        super().connection_lost(error)

    def abort(self) -> None:
        """Drops the connection without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(preferencelist=(subtype,))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""
