"""One SMTP session that is kept, and a small pool of them.

The hard thing is to know whether a message may have been taken: until the final dot of DATA is
written nothing has happened; from then on, only the server's answer tells. And an answer has no name: a relay
that answers once too often is one behind ever after, and what it says of one recipient would be taken for a
word on the next. So whatever is no answer to what was said ends the session and proves nothing.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiosmtplib
from aiosmtplib.response import SMTPResponse

from nextvisit.sdk.certificates import certificate_fault
from nextvisit.sdk.errors import ConfigError, NextVisitError, OutcomeUnknown, Rejected, RetryLater
from nextvisit.sdk.settings import reveal
from nextvisit.sdk.tls import NO_TLS, speaks_no_tls
from nextvisit_channel_email_smtp.reply import Place, refusal
from nextvisit_channel_email_smtp.settings import EmailSmtpSettings

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")
_GO_AHEAD = 354
_CLOSING = 421
_BAD_SEQUENCE = 503
_NO_ANSWER = "smtp.no_answer"
# To RSET; the two others do not know it.
_FORGOTTEN = frozenset({250, _CLOSING, 500, 502})


class StaleSession(Exception):
    """A session that was kept does not begin a message. Nothing has happened; a new one may."""


class SmtpSession:
    """A session with one relay. Carries one message at a time."""

    def __init__(self, settings: EmailSmtpSettings, context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._smtp = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=None if settings.password is None else reveal(settings.password),
            local_hostname=settings.sender.domain,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=context,
            timeout=settings.timeout.total_seconds(),
        )
        self.last_used = 0.0
        self._is_kept = False

    @property
    def is_open(self) -> bool:
        """Whether the connection stands, as far as this side knows."""
        return self._smtp.is_connected

    async def open(self) -> None:
        """Connect, encrypt, log in. Raises RetryLater, Rejected, ConfigError."""
        try:
            await self._smtp.connect()
            # The library greets only where a login or STARTTLS asks for it; SMTPUTF8 is learnt here too.
            if self._smtp.last_ehlo_response is None:
                await self._smtp.ehlo()
        except aiosmtplib.SMTPResponseException as error:
            raise refusal(error.code, error.message, "session") from None
        except (
            aiosmtplib.SMTPConnectError,
            aiosmtplib.SMTPServerDisconnected,
            aiosmtplib.SMTPTimeoutError,
        ) as error:
            self._raise_if_set_wrongly(error)
            raise self._away() from error
        except ssl.SSLError as error:
            self._raise_if_set_wrongly(error)
            raise RetryLater("smtp.tls", "the encrypted connection failed") from error
        except aiosmtplib.SMTPException as error:
            why = "the server offers no STARTTLS or no login that we know"
            raise ConfigError("smtp.not_supported", why, place=self._settings.host) from error
        except OSError as error:
            raise self._away() from error

    def _away(self) -> RetryLater:
        return RetryLater("smtp.unreachable", f"{self._place} does not answer")

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def begin(self, sender: str, recipient: str) -> None:
        """As far as the relay asks for the mail. Raises StaleSession, RetryLater, Rejected."""
        wide = not recipient.isascii()
        if wide and not self._smtp.supports_extension("smtputf8"):
            raise Rejected("smtp.no_smtputf8", "this relay takes ASCII addresses only", permanent=False)
        options = (b"SMTPUTF8",) if wide else ()
        try:
            await self._say_first(b"MAIL", f"FROM:<{sender}>".encode(), *options)
            await self._command(b"RCPT", f"TO:<{recipient}>".encode(), place="recipient")
            await self._command(b"DATA", place="message", expect=_GO_AHEAD)
        except (Rejected, RetryLater):
            await self._forget()
            raise

    async def finish(self, mail: bytes) -> None:
        """The mail that the relay asked for. Raises RetryLater, Rejected, OutcomeUnknown."""
        await self._final(mail)
        self._is_kept = True

    async def _say_first(self, *words: bytes) -> None:
        """What is said to a kept session's first word may be a late answer to the last message. One that says
        nothing has used up the time that there is.
        """
        try:
            await self._command(*words, place="sender")
        except (Rejected, RetryLater) as error:
            if not self._is_kept or error.code == _NO_ANSWER:
                raise
            self.abort()
            raise StaleSession from None

    async def noop(self) -> None:
        """Ask whether the relay is still there. Raises RetryLater, Rejected."""
        await self._command(b"NOOP", place="session")

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._smtp.close()

    async def close(self) -> None:
        """Say QUIT as far as anybody listens."""
        if self._smtp.is_connected:
            try:
                await self._smtp.quit()
            except (aiosmtplib.SMTPException, OSError):
                self.abort()

    async def _command(self, *words: bytes, place: Place, expect: int | None = None) -> SMTPResponse:
        """Nothing can have happened to a message while only commands were said."""
        try:
            answer = await self._smtp.execute_command(*words)
        except aiosmtplib.SMTPTimeoutError:
            self.abort()
            raise RetryLater(_NO_ANSWER, "before the message was sent") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            self.abort()
            raise RetryLater(
                "smtp.disconnected", f"before the message was sent: {type(error).__name__}"
            ) from None
        if answer.code == expect or (expect is None and 200 <= answer.code < 300):
            return answer
        if answer.code == _BAD_SEQUENCE or not _refuses(answer):
            self.abort()
            raise RetryLater("smtp.out_of_step", f"reply {answer.code}")
        raise self._refused(answer, place)

    def _refused(self, answer: SMTPResponse, place: Place) -> NextVisitError:
        if answer.code == _CLOSING:
            self.abort()
        return refusal(answer.code, answer.message, place)

    async def _final(self, mail: bytes) -> None:
        """The body and its dot, written by us because the library's `data` hides how far it came."""
        protocol = self._smtp.protocol
        if protocol is None:
            raise RetryLater("smtp.disconnected", "before the message was sent")
        body = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", mail))
        tail = b"" if body.endswith(b"\r\n") else b"\r\n"
        try:
            protocol.write(body + tail + b".\r\n")
        except (aiosmtplib.SMTPServerDisconnected, OSError):
            raise RetryLater("smtp.disconnected", "before the message was sent") from None
        try:
            answer = await protocol.read_response(timeout=self._settings.timeout.total_seconds())
        except (aiosmtplib.SMTPException, OSError) as error:
            self.abort()
            raise OutcomeUnknown("smtp.no_answer_to_data", type(error).__name__) from None
        except asyncio.CancelledError:
            self.abort()
            raise
        if 200 <= answer.code < 300:
            return
        if answer.code == _BAD_SEQUENCE or not _refuses(answer):
            self.abort()
            raise OutcomeUnknown("smtp.no_answer_to_data", f"reply {answer.code}")
        raise self._refused(answer, "message")

    async def _forget(self) -> None:
        """Clear a half-made transaction, or give the session up. Raises RetryLater when what was said before
        may have been the answer to something else.
        """
        if not self._smtp.is_connected:
            return
        try:
            answer = await self._smtp.execute_command(b"RSET")
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPTimeoutError):
            self.abort()
            raise RetryLater("smtp.out_of_step", "RSET has no answer") from None
        except (aiosmtplib.SMTPException, OSError):
            self.abort()
            return
        if answer.code != 250:
            self.abort()
        if answer.code not in _FORGOTTEN:
            raise RetryLater("smtp.out_of_step", f"reply {answer.code} to RSET")
        self._is_kept = True

    def _raise_if_set_wrongly(self, error: BaseException | None) -> None:
        if (why := certificate_fault(error)) is not None:
            raise ConfigError("smtp.untrusted", why, place=self._settings.host) from error
        if speaks_no_tls(error):
            raise ConfigError("smtp.no_tls", f"{NO_TLS}, or set tls", place=self._place) from error


def _refuses(answer: SMTPResponse) -> bool:
    return 400 <= answer.code < 600


class SmtpPool:
    """At most `connections` sessions, the most recently used first."""

    def __init__(self, settings: EmailSmtpSettings) -> None:
        self._settings = settings
        self._free: list[SmtpSession] = []
        self._room = asyncio.Semaphore(settings.connections)
        self._context: ssl.SSLContext | None = None

    async def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """One message, over a session that takes it up.

        Raises RetryLater, Rejected, OutcomeUnknown, ConfigError.
        """
        waits_for_room = True
        budget = asyncio.timeout(self._settings.patience.total_seconds())
        try:
            async with budget, self._room:
                waits_for_room = False
                await self._send(sender, recipient, mail, budget)
        except TimeoutError:
            if waits_for_room:
                raise RetryLater("smtp.busy", "all sessions carry other mails", scope="recipient") from None
            raise RetryLater(_NO_ANSWER, "before the message was sent") from None

    async def noop(self) -> None:
        """Ask whether the relay is there. Raises RetryLater, Rejected, ConfigError."""
        async with self._room, self._session() as session:
            await session.noop()

    async def _send(self, sender: str, recipient: str, mail: bytes, budget: asyncio.Timeout) -> None:
        while True:
            try:
                async with self._session() as session:
                    await session.begin(sender, recipient)
                    if budget.expired():
                        # Before Python 3.12 a cancellation is lost to an answer of the same moment.
                        session.abort()
                        raise TimeoutError
                    # From here on it may be taken, and only the relay's answer tells.
                    budget.reschedule(None)
                    return await session.finish(mail)
            except StaleSession:
                continue  # there are only so many that were kept; a new one is never stale

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[SmtpSession]:
        """An open session for one message; put back when it still stands."""
        session = await self._take()
        try:
            yield session
        except asyncio.CancelledError:
            session.abort()
            raise
        finally:
            if session.is_open:
                session.last_used = asyncio.get_running_loop().time()
                self._free.append(session)

    async def close(self) -> None:
        """Close what is not in use."""
        free, self._free = self._free, []
        for session in free:
            await session.close()

    async def _take(self) -> SmtpSession:
        now = asyncio.get_running_loop().time()
        while self._free:
            session = self._free.pop()
            if session.is_open and timedelta(seconds=now - session.last_used) < self._settings.idle:
                return session
            session.abort()
        session = SmtpSession(self._settings, self._tls())
        try:
            await session.open()
        except asyncio.CancelledError:
            session.abort()
            raise
        return session

    def _tls(self) -> ssl.SSLContext | None:
        if self._settings.tls != "none" and self._context is None:
            try:
                self._context = ssl.create_default_context(cafile=self._settings.ca_file)
            except (OSError, ssl.SSLError) as error:
                place = str(self._settings.ca_file)
                raise ConfigError("smtp.ca_file", "cannot be read as certificates", place=place) from error
        return self._context
