"""What the channel makes of relays that misbehave, and what its mails look like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import ValidationError

from nextvisit.sdk.channels import Mail, MessageId, OutgoingMessage
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, Rejected, RetryLater
from nextvisit_channel_email_smtp import EmailSmtpChannel, EmailSmtpSettings
from nextvisit_channel_email_smtp.composition import compose
from nextvisit_channel_email_smtp.settings import Sender

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SENDER = {"name": "Klinik", "address": "desk@clinic.example"}


class Relay:
    """A relay that answers what it is told; `None` hangs up."""

    def __init__(self, **answers: str | None) -> None:
        usual: dict[str, str | None] = {
            "MAIL": "250 ok",
            "RCPT": "250 ok",
            "DATA": "354 go",
            "DOT": "250 2.0.0 ok",
        }
        self.answers = usual | answers
        self.lines: list[str] = []
        self.mails: list[bytes] = []
        self.connections = 0
        self.port = 0
        self.held: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Relay]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 relay\r\n")
        try:
            while line := await reader.readline():
                self.lines.append(line.decode().strip())
                verb = line.split()[0].upper().decode()
                if (held := self.held.pop(verb, None)) is not None:
                    await held.wait()
                if not self._say(writer, self.answers.get(verb, "250 relay")):
                    break
                if verb == "DATA" and (self.answers["DATA"] or "").startswith("354"):
                    body = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(body[:-3])
                    if not self._say(writer, self.answers["DOT"]):
                        break
                if verb == "QUIT":
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def said(self, verb: str) -> list[str]:
        """The client's lines with this verb."""
        return [line for line in self.lines if line.startswith(verb)]

    @staticmethod
    def _say(writer: asyncio.StreamWriter, answer: str | None) -> bool:
        if answer is not None:
            writer.write(answer.encode() + b"\r\n")
        return answer is not None


def channel(relay: Relay, **more: Any) -> EmailSmtpChannel:
    """A channel to the relay, in the clear."""
    raw: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": relay.port,
        "tls": "none",
        "sender": SENDER,
        "timeout": 3,
    }
    return EmailSmtpChannel(EmailSmtpSettings(**raw | more))


def message(**more: Any) -> OutgoingMessage:
    """A message with everything."""
    raw: dict[str, Any] = {
        "id": MessageId("0190-m"),
        "to": "anna@patients.example",
        "content": Mail("Ihr Termin", "Guten Tag\n.\nBis bald", "<p>Guten Tag</p>"),
        "language": "de",
    }
    return OutgoingMessage(**raw | more)


async def send(relay: Relay, outgoing: OutgoingMessage | None = None, **more: Any) -> NextVisitError | None:
    """Send one message; the error, if there was one."""
    mail = channel(relay, **more)
    try:
        await mail.send(outgoing or message())
    except NextVisitError as error:
        return error
    finally:
        await mail.close()
    return None


Reach = tuple[type[NextVisitError], str | None]
DEAD: Reach = (Rejected, "recipient")
PASSED_OVER: Reach = (Rejected, "recipient, this time")
TEXT: Reach = (Rejected, "message")
US: Reach = (Rejected, "account")
WAITS: Reach = (RetryLater, "recipient")
ALL_WAIT: Reach = (RetryLater, "account")


@pytest.mark.parametrize(
    ("answers", "reach", "code"),
    [
        ({"RCPT": "550 5.1.1 no such user anna@patients.example"}, DEAD, "smtp.5.1.1"),
        ({"RCPT": "550 5.1.6 moved away"}, DEAD, "smtp.5.1.6"),
        ({"RCPT": "556 5.1.10 null MX"}, DEAD, "smtp.5.1.10"),
        ({"RCPT": "550 5.2.1 disabled"}, DEAD, "smtp.5.2.1"),
        ({"RCPT": "556 takes no mail"}, DEAD, "smtp.556"),
        ({"DOT": "550 5.1.1 no such user after all"}, DEAD, "smtp.5.1.1"),
        ({"RCPT": "550 mailbox unavailable"}, PASSED_OVER, "smtp.550"),
        ({"RCPT": "550 5.7.1 not allowed"}, PASSED_OVER, "smtp.5.7.1"),
        ({"RCPT": "550 5.7.129 only for members"}, PASSED_OVER, "smtp.5.7.129"),
        ({"RCPT": "550 5.7.13 account disabled"}, PASSED_OVER, "smtp.5.7.13"),
        ({"RCPT": "550 5.4.1 access denied"}, PASSED_OVER, "smtp.5.4.1"),
        ({"RCPT": "550 5.3.0 not today"}, PASSED_OVER, "smtp.5.3.0"),
        ({"RCPT": "552 5.2.2 mailbox full"}, PASSED_OVER, "smtp.5.2.2"),
        ({"RCPT": "452 4.2.2 over quota"}, PASSED_OVER, "smtp.4.2.2"),
        ({"RCPT": "552 exceeded storage allocation"}, PASSED_OVER, "smtp.552"),
        ({"DOT": "552 5.2.2 mailbox full"}, PASSED_OVER, "smtp.5.2.2"),
        ({"RCPT": "552 5.2.3 too long for this mailbox"}, TEXT, "smtp.5.2.3"),
        ({"MAIL": "552 5.3.4 too long for this relay"}, TEXT, "smtp.5.3.4"),
        ({"DOT": "554 5.6.0 bad content"}, TEXT, "smtp.5.6.0"),
        ({"DOT": "554 5.7.1 looks like spam"}, TEXT, "smtp.5.7.1"),
        # The relay has lost the thread: it says nothing of this text, nor of anybody.
        ({"RCPT": "503 5.5.1 out of sequence"}, ALL_WAIT, "smtp.out_of_step"),
        ({"RCPT": "501 5.5.4 syntax"}, TEXT, "smtp.5.5.4"),
        ({"MAIL": "550 5.1.8 bad sender"}, US, "smtp.5.1.8"),
        ({"RCPT": "550 5.1.8 bad sender, said late"}, US, "smtp.5.1.8"),
        ({"MAIL": "550 5.7.1 sender not allowed"}, US, "smtp.5.7.1"),
        ({"MAIL": "553 sender not allowed"}, US, "smtp.553"),
        ({"MAIL": "530 5.7.0 log in first"}, US, "smtp.5.7.0"),
        ({"RCPT": "530 5.7.0 log in first"}, US, "smtp.5.7.0"),
        ({"RCPT": "451 4.7.1 greylisted"}, WAITS, "smtp.4.7.1"),
        ({"RCPT": "450 busy mailbox"}, WAITS, "smtp.450"),
        ({"DOT": "451 4.7.1 greylisted"}, WAITS, "smtp.4.7.1"),
        ({"RCPT": "421 4.7.0 closing"}, ALL_WAIT, "smtp.4.7.0"),
        ({"RCPT": "452 4.3.1 no room"}, ALL_WAIT, "smtp.4.3.1"),
        ({"RCPT": "452 no room"}, ALL_WAIT, "smtp.452"),
        ({"MAIL": "421 4.3.2 closing"}, ALL_WAIT, "smtp.4.3.2"),
        ({"DOT": "452 4.3.1 full"}, ALL_WAIT, "smtp.4.3.1"),
        ({"EHLO": None}, ALL_WAIT, "smtp.unreachable"),
        ({"RCPT": None}, ALL_WAIT, "smtp.disconnected"),
        ({"DATA": None}, ALL_WAIT, "smtp.disconnected"),
        ({"DOT": None}, (OutcomeUnknown, None), "smtp.no_answer_to_data"),
    ],
)
@pytest.mark.anyio
async def test_every_answer_has_its_kind_and_reach(
    answers: dict[str, str | None], reach: Reach, code: str
) -> None:
    async with Relay(**answers).running() as relay:
        error = await send(relay)
    assert error is not None
    assert error.code == code
    scope = getattr(error, "scope", None)
    this_time = isinstance(error, Rejected) and not error.permanent
    assert (type(error), f"{scope}, this time" if this_time else scope) == reach
    assert "anna" not in f"{error} {error.__cause__}"


REFUSALS = ["550 5.7.1 Client host rejected", "554 5.7.1 Relay access denied", "550 relay not permitted"]


@pytest.mark.parametrize("answer", REFUSALS)
@pytest.mark.anyio
async def test_a_relay_that_takes_nobody_refuses_us(answer: str) -> None:
    """Relays that say at RCPT what they hold against the client (roundcube/roundcubemail#8103)."""
    async with Relay(RCPT=answer).running() as relay:
        mail = channel(relay)
        scopes = [
            await scope_of(mail, "anna@one.example"),
            await scope_of(mail, "ewa@one.example"),
            await scope_of(mail, "anna@two.example"),
            await scope_of(mail, "anna@three.example"),
            await scope_of(mail, "ewa@one.example"),
        ]
        relay.answers["RCPT"] = "250 ok"
        scopes.append(await scope_of(mail, "anna@one.example"))
        relay.answers["RCPT"] = answer
        scopes.append(await scope_of(mail, "anna@two.example"))
        await mail.close()
    assert scopes == ["recipient", "recipient", "recipient", "account", "account", "taken", "recipient"]


async def scope_of(mail: EmailSmtpChannel, to: str) -> str:
    """Whom a refusal is about."""
    try:
        await mail.send(message(to=to))
    except Rejected as error:
        return error.scope
    return "taken"


SAID_OF_US = ["550 5.7.26 This mail is unauthenticated", "550 5.7.1 on our block list", "554 refused"]


@pytest.mark.parametrize("answer", SAID_OF_US)
@pytest.mark.anyio
async def test_a_relay_that_takes_no_mail_to_anybody_refuses_us(answer: str) -> None:
    """Said after DATA, when it has seen who we are; it is the text's fault as long as one domain says so."""
    async with Relay(DOT=answer).running() as relay:
        mail = channel(relay)
        to = ["anna@one.example", "ewa@one.example", "anna@two.example", "anna@three.example"]
        scopes = [await scope_of(mail, each) for each in to]
        relay.answers["DOT"] = "250 ok"
        scopes.append(await scope_of(mail, "anna@one.example"))
        relay.answers["DOT"] = answer
        scopes.append(await scope_of(mail, "anna@two.example"))
        await mail.close()
    assert scopes == ["message", "message", "message", "account", "taken", "message"]


@pytest.mark.anyio
async def test_what_a_relay_holds_against_us_counts_wherever_it_says_so() -> None:
    async with Relay(RCPT="550 5.7.1 block list").running() as relay:
        mail = channel(relay)
        scopes = [await scope_of(mail, f"anna@{domain}.example") for domain in ("one", "two")]
        relay.answers |= {"RCPT": "250 ok", "DOT": "550 5.7.1 block list"}
        scopes.append(await scope_of(mail, "anna@three.example"))
        await mail.close()
    assert scopes == ["recipient", "recipient", "account"]


@pytest.mark.parametrize("answer", ["554 5.6.0 bad content", "552 5.3.4 too long", "550 5.1.1 no such user"])
@pytest.mark.anyio
async def test_what_is_said_of_a_text_or_a_mailbox_is_never_our_fault(answer: str) -> None:
    async with Relay(DOT=answer).running() as relay:
        mail = channel(relay)
        scopes = {await scope_of(mail, f"anna@d{number}.example") for number in range(9)}
        await mail.close()
    assert scopes <= {"message", "recipient"}


@pytest.mark.anyio
async def test_mailboxes_that_do_not_exist_are_never_our_fault() -> None:
    async with Relay(RCPT="550 5.1.1 no such user").running() as relay:
        mail = channel(relay)
        scopes = {await scope_of(mail, f"anna@d{number}.example") for number in range(9)}
        await mail.close()
    assert scopes == {"recipient"}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("anna@fußball.test", "anna@xn--fuball-cta.test"),
        ("anna@пример.рф", "anna@xn--e1afmkfd.xn--p1ai"),
        ("Anna@Klinik.EXAMPLE", "Anna@klinik.example"),
    ],
)
@pytest.mark.anyio
async def test_a_domain_stays_the_one_that_was_typed(typed: str, asked: str) -> None:
    """IDNA 2008; in that of 2003 the first is strasse.example (PHPMailer/PHPMailer#2563)."""
    async with Relay().running() as relay:
        assert await send(relay, message(to=typed)) is None
    assert relay.said("RCPT") == [f"RCPT TO:<{asked}>"]


@pytest.mark.anyio
async def test_a_mailbox_beyond_ascii_needs_a_relay_for_it_and_stays_as_it_is() -> None:
    """Neither punycode nor an encoded word stands for a local part (wttw/aboutmyemail#7)."""
    outgoing = message(to="иван@пример.рф")
    async with Relay().running() as relay:
        error = await send(relay, outgoing)
        assert relay.mails == []
    assert isinstance(error, Rejected)
    assert (error.scope, error.permanent) == ("recipient", False)
    async with Relay(EHLO="250-relay\r\n250 SMTPUTF8").running() as relay:
        assert await send(relay, outgoing) is None
    assert relay.said("MAIL")[0].endswith(" SMTPUTF8")
    assert relay.said("RCPT") == ["RCPT TO:<иван@xn--e1afmkfd.xn--p1ai>"]
    assert "To: иван@xn--e1afmkfd.xn--p1ai\r\n".encode() in relay.mails[0]


@pytest.mark.anyio
async def test_a_relay_that_falls_silent_after_the_dot_is_unknown() -> None:
    async with Relay(DOT="").running() as relay:
        # An empty line is no reply, so the session waits until its time is over.
        error = await send(relay, timeout=0.3)
    assert isinstance(error, OutcomeUnknown | RetryLater)
    assert isinstance(error, OutcomeUnknown), error


@pytest.mark.anyio
async def test_a_session_is_kept_and_replaced_when_it_is_gone() -> None:
    """A kept one that is gone costs no mail its turn; a new one that is gone says that the relay is."""
    async with Relay().running() as relay:
        mail = channel(relay)
        await mail.send(message())
        await mail.send(message())
        assert relay.connections == 1
        relay.answers["MAIL"] = None
        with pytest.raises(RetryLater):
            await mail.send(message())
        assert relay.connections == 2
        relay.answers["MAIL"] = "250 ok"
        await mail.send(message())
        assert relay.connections == 3
        await mail.close()
    assert len(relay.mails) == 3


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.anyio
async def test_an_answer_that_comes_late_is_not_taken_for_that_to_the_next_mail(verb: str) -> None:
    """aiosmtplib before 5.1.3 went on with the session, one answer behind."""
    async with Relay().running() as relay:
        mail = channel(relay, timeout=0.3)
        relay.held[verb] = late = asyncio.Event()
        with pytest.raises(RetryLater):
            await mail.send(message(id=MessageId("m-1")))
        late.set()
        for number in (2, 3):
            await mail.send(message(id=MessageId(f"m-{number}")))
        await mail.close()
    assert relay.connections == 2
    assert [f"<m-{number}@" in raw.decode() for number, raw in zip((2, 3), relay.mails, strict=True)] == [
        True
    ] * 2


@pytest.mark.anyio
async def test_many_messages_share_few_sessions() -> None:
    async with Relay().running() as relay:
        mail = channel(relay, connections=3)
        await asyncio.gather(*(mail.send(message(id=MessageId(f"m-{number}"))) for number in range(60)))
        await mail.close()
    assert len(relay.mails) == 60
    assert relay.connections <= 3


async def sent(outgoing: OutgoingMessage) -> EmailMessage:
    """The mail as its reader parses it."""
    async with Relay().running() as relay:
        assert await send(relay, outgoing) is None
        raw = relay.mails[0].replace(b"\r\n..", b"\r\n.")
        parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize(
    "host", ["v.example", "visits.department-of-the-hospital.clinic-of-the-city.example"]
)
@pytest.mark.parametrize("to", ["anna@patients.example", "иван@пример.рф"])
def test_the_link_that_unsubscribes_is_written_as_it_is_however_long(host: str, to: str) -> None:
    """odoo/odoo#289182: in encoded words it is no link (wttw/aboutmyemail#46)."""
    url = f"https://{host}/u/{'Ab-_' * 11}"
    content = Mail("Zażółć gęślą jaźń " * 9, "Guten Tag", "<p>Guten Tag</p>", url)
    raw = compose(
        message(to=to), content, to, Sender(name="Klinika, Gdańsk", address=SENDER["address"]), NOON
    )
    head = raw.partition(b"\r\n\r\n")[0]
    assert f"List-Unsubscribe: <{url}>".encode() in head.split(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    read = message_from_string(raw.decode(), policy=policy.default)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["From"].addresses[0].display_name == "Klinika, Gdańsk"
    assert read["Subject"].strip() == content.subject.strip()


@pytest.mark.anyio
async def test_a_mail_has_the_headers_that_it_needs() -> None:
    mail = await sent(
        message(
            content=Mail(
                "Ihr Termin",
                "Guten Tag\n.\nBis bald",
                "<p>Guten Tag</p>",
                one_click_unsubscribe="https://clinic.example/u/abc",
            )
        )
    )
    assert mail["Message-ID"] == "<0190-m@clinic.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://clinic.example/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Date"]
    assert mail.get_content_type() == "multipart/alternative"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == ["Guten Tag", ".", "Bis bald"]


@pytest.mark.anyio
async def test_what_answers_a_mail_names_it() -> None:
    """RFC 5322, 3.6.4; what is no Message-ID, whoever made it, stands in no header."""
    answered = "<CAF+x1@mail.example>"
    mail = await sent(message(reply_to=answered))
    assert (mail["In-Reply-To"], mail["References"]) == (answered, answered)
    for none in (None, "wamid.4711", "<a@b>\r\nBcc: <spy@evil.example>", "<a@b><c@d>"):
        other = await sent(message(reply_to=none))
        assert (other["In-Reply-To"], other["References"], other["Bcc"]) == (None, None, None)


@pytest.mark.parametrize("evil", ["\r\nBcc: spy@evil.example", "\nBcc: spy@evil.example", "\r\n\r\nbody"])
@pytest.mark.parametrize("field", ["subject", "to", "language", "id"])
@pytest.mark.anyio
async def test_no_field_can_add_a_header(field: str, evil: str) -> None:
    async with Relay().running() as relay:
        if field == "subject":
            changed = message(content=Mail("x" + evil, "Guten Tag", "<p>Guten Tag</p>"))
        else:
            changed = message(**{field: "x" + evil})
        error = await send(relay, changed)
        assert isinstance(error, Rejected)
        assert relay.mails == []


@pytest.mark.parametrize(
    "address", ["", "anna", "a@b@c", "a b@c.example", "a@b.example>", "a@b.example, c@d.example"]
)
@pytest.mark.anyio
async def test_what_is_no_address_is_rejected_before_it_is_sent(address: str) -> None:
    async with Relay().running() as relay:
        error = await send(relay, message(to=address))
    assert isinstance(error, Rejected)
    assert error.scope == "recipient"
    assert relay.connections == 0


def test_passwords_and_patients_do_not_travel_in_the_clear() -> None:
    with pytest.raises(ValidationError):
        EmailSmtpSettings(host="mail.example", tls="none", sender=SENDER)
