"""Relays that answer once too often, hang up, or write what is no reply: nobody gets another's answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from typing import Literal

import pytest

from nextvisit.sdk.channels import MessageId
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, Rejected, RetryLater
from tests.plugins.channels.email_smtp.test_faults import channel, message

pytestmark = pytest.mark.anyio

DEAD, FINE = "gone@one.example", "anna@two.example"
UNKNOWN_USER = b"550 5.1.1 no such user"
Says = Literal["at once", "a moment later"]


# Without the verdicts on a recipient who is just being named: no client can tell that such a one is astray.
STRAYS = [
    (verb, stray)
    for verb in ("MAIL", "RCPT", "DATA", "DOT", "RSET")
    for stray in (b"250 ok", UNKNOWN_USER, b"354 go", b"503 5.5.1 bad sequence")
    if stray != UNKNOWN_USER or verb not in {"MAIL", "DATA"}
]


class StrictRelay:
    """Keeps to the protocol: no DATA without a recipient.

    extra: what it says once more after its answer to a verb; DOT is the end of a mail.
    instead: what it says in place of its answer. None hangs up.
    """

    def __init__(
        self,
        extra: Mapping[str, bytes] | None = None,
        instead: Mapping[str, bytes | None] | None = None,
        *,
        says: Says = "at once",
    ) -> None:
        self.extra, self.instead, self.says = dict(extra or {}), dict(instead or {}), says
        self.hold: asyncio.Event | None = None
        self.holds = asyncio.Event()
        self.only_once: dict[str, bytes | None] = {}
        self.taken: Counter[str] = Counter()
        self.sessions = 0
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[StrictRelay]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        recipient = ""
        writer.write(b"220 relay\r\n")
        with closing(writer), suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                verb = line.split()[0].upper().decode()
                answer, recipient = self._answer(verb, line, recipient)
                if not await self._say(writer, verb, answer) or verb == "QUIT":
                    break
                if answer.startswith(b"354"):
                    await reader.readuntil(b"\r\n.\r\n")
                    if self.hold is not None:
                        self.holds.set()
                        await self.hold.wait()
                    self.taken[recipient] += 1
                    if not await self._say(writer, "DOT", b"250 2.0.0 taken"):
                        break

    @staticmethod
    def _answer(verb: str, line: bytes, recipient: str) -> tuple[bytes, str]:
        """What it says, and to whom the mail goes from here on."""
        match verb:
            case "RCPT":
                named = line.decode().partition("<")[2].partition(">")[0]
                return (UNKNOWN_USER, "") if named == DEAD else (b"250 2.1.5 ok", named)
            case "DATA":
                return (b"354 go" if recipient else b"503 5.5.1 no recipient"), recipient
            case "MAIL" | "RSET":
                return b"250 ok", ""
            case _:
                return b"250 relay", recipient

    async def _say(self, writer: asyncio.StreamWriter, verb: str, answer: bytes) -> bool:
        said = self.only_once.pop(verb) if verb in self.only_once else self.instead.get(verb, answer)
        if said is None:
            return False
        more = self.extra.get(verb)
        if more is None:
            writer.write(said + b"\r\n")
        elif self.says == "at once":
            writer.write(said + b"\r\n" + more + b"\r\n")
        else:
            writer.write(said + b"\r\n")
            for _ in range(5):
                await asyncio.sleep(0)
            writer.write(more + b"\r\n")
        return True


async def verdicts(relay: StrictRelay, *to: str) -> list[tuple[str, NextVisitError | None]]:
    """What is said of a mail to each, one after the other over as few sessions as may be."""
    mail = channel(relay, timeout=2)  # type: ignore[arg-type]
    found: list[tuple[str, NextVisitError | None]] = []
    for number, each in enumerate(to):
        try:
            await mail.send(message(id=MessageId(f"m-{number}"), to=each))
            found.append((each, None))
        except NextVisitError as error:
            found.append((each, error))
    await mail.close()
    return found


@pytest.mark.parametrize("says", ["at once", "a moment later"])
@pytest.mark.parametrize(("verb", "stray"), STRAYS)
async def test_a_relay_that_answers_twice_gives_nobody_another_ones_answer(
    verb: str, stray: bytes, says: Says
) -> None:
    """What was taken is taken once; a mailbox is dead only where its relay said so of it."""
    async with StrictRelay({verb: stray}, says=says).running() as relay:
        found = await verdicts(relay, FINE, DEAD, FINE, FINE, DEAD, FINE)
    for to, error in found:
        if isinstance(error, Rejected) and error.permanent:
            assert (to, error.scope, error.code) == (DEAD, "recipient", "smtp.5.1.1")
        else:
            assert error is None or isinstance(error, RetryLater | OutcomeUnknown), (to, error)
    assert [error for to, error in found if to == DEAD and error is None] == []
    sure = sum(error is None for _, error in found)
    perhaps = sum(isinstance(error, OutcomeUnknown) for _, error in found)
    assert sure <= relay.taken[FINE] <= sure + perhaps


@pytest.mark.parametrize(
    "answer", [b"354 go on", b"334 VXNlcm5hbWU6", b"100 wait", b"99 red", b"   ", b"\xff\xfe\xfd", b"", b"ok"]
)
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "RSET"])
async def test_what_is_no_answer_ends_the_session_and_is_tried_again(verb: str, answer: bytes) -> None:
    async with StrictRelay(instead={verb: answer}).running() as relay:
        found = await verdicts(relay, DEAD, FINE) if verb == "RSET" else await verdicts(relay, FINE)
        relay.instead.clear()
        before = relay.sessions
        again = await verdicts(relay, FINE)
    assert again == [(FINE, None)]
    if verb == "RSET":
        assert [type(error) for _, error in found] == [RetryLater, type(None)]
        assert before == 2
    else:
        ((_, error),) = found
        assert isinstance(error, RetryLater)
        assert relay.taken[FINE] == 1


@pytest.mark.parametrize(
    "answer", [None, b"354 go on", b"100 wait", b"99 red", b"\xff\xfe\xfd", b"ok", b"250-" + b"x" * 70_000]
)
async def test_an_end_of_a_mail_without_an_answer_is_unknown(answer: bytes | None) -> None:
    """It may have been taken: it is, here."""
    async with StrictRelay(instead={"DOT": answer}).running() as relay:
        ((_, error),) = await verdicts(relay, FINE)
    assert isinstance(error, OutcomeUnknown)
    assert relay.taken[FINE] == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
async def test_a_relay_that_closes_in_mid_session_is_left_at_once(verb: str) -> None:
    """A reply of 421 is the last one of its session, whatever the relay does then (RFC 5321, 3.8)."""
    async with StrictRelay(instead={verb: b"421 4.3.2 closing"}).running() as relay:
        ((_, error),) = await verdicts(relay, FINE)
        assert isinstance(error, RetryLater)
        assert error.scope == "account"
        relay.instead.clear()
        assert await verdicts(relay, FINE) == [(FINE, None)]
    assert relay.sessions == 2


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT", "RSET"])
async def test_a_reply_of_a_hundred_lines_of_any_bytes_is_one_reply(verb: str) -> None:
    usual = {"DATA": b"354"}.get(verb, b"250")
    long = (
        b"".join(usual + b"-\xc5\xbb\xff 550 5.1.1 %d\r\n" % number for number in range(100)) + usual + b" ok"
    )
    async with StrictRelay(instead={verb: long}).running() as relay:
        found = await verdicts(relay, FINE, FINE) if verb != "RSET" else await verdicts(relay, DEAD, FINE)
    assert [error for to, error in found if to == FINE and error is not None] == []
    assert relay.sessions == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_a_reply_without_an_end_is_given_up_with_its_session(verb: str) -> None:
    async with StrictRelay(instead={verb: b"250-" + b"x" * 70_000}).running() as relay:
        ((_, error),) = await verdicts(relay, FINE)
        relay.instead.clear()
        assert await verdicts(relay, FINE) == [(FINE, None)]
    assert isinstance(error, RetryLater)
    assert relay.taken[FINE] == 1


@pytest.mark.parametrize("said", [b"451 4.4.2 timeout", b"421 4.4.2 idle for too long", None])
async def test_a_relay_that_tires_of_a_kept_session_costs_no_mail_its_turn(said: bytes | None) -> None:
    """manyuanrong/deno-smtp#39, cole/aiosmtplib#48: what is said to the next MAIL is about the session."""
    async with StrictRelay().running() as relay:
        mail = channel(relay, timeout=2)  # type: ignore[arg-type]
        await mail.send(message(to=FINE))
        relay.only_once = {"MAIL": said}
        await mail.send(message(to=FINE))
        await mail.close()
    assert (relay.taken[FINE], relay.sessions) == (2, 2)


async def test_a_kept_session_that_says_nothing_is_given_up_and_the_mail_tried_later() -> None:
    """Its silence has cost the time in which the mail must be sent or known not to be."""
    async with StrictRelay().running() as relay:
        mail = channel(relay, timeout=0.2)  # type: ignore[arg-type]
        await mail.send(message(to=FINE))
        relay.only_once = {"MAIL": b"250-"}
        with pytest.raises(RetryLater) as caught:
            await mail.send(message(to=FINE))
        await mail.send(message(to=FINE))
        await mail.close()
    assert caught.value.code == "smtp.no_answer"
    assert (relay.taken[FINE], relay.sessions) == (2, 2)


async def test_mails_that_wait_for_a_session_are_tried_later_and_not_unknown() -> None:
    """A relay that is slow with one mail says nothing of the others, which have surely not gone out."""
    async with StrictRelay().running() as relay:
        relay.hold = asyncio.Event()
        mail = channel(relay, connections=1, patience=0.2)  # type: ignore[arg-type]
        first = asyncio.create_task(mail.send(message(id=MessageId("m-1"), to=FINE)))
        await relay.holds.wait()
        with pytest.raises(RetryLater) as caught:
            await mail.send(message(id=MessageId("m-2"), to=FINE))
        relay.hold.set()
        await first
        await mail.close()
    assert (caught.value.code, caught.value.scope) == ("smtp.busy", "recipient")
    assert relay.taken[FINE] == 1


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_relay_that_takes_its_time_before_it_asks_for_a_mail_has_surely_not_got_it(verb: str) -> None:
    async with StrictRelay(instead={verb: b"250-"}).running() as relay:
        mail = channel(relay, timeout=60, patience=0.2)  # type: ignore[arg-type]
        with pytest.raises(RetryLater) as caught:
            await mail.send(message(to=FINE))
        relay.instead.clear()
        await mail.send(message(to=FINE))
        await mail.close()
    assert (caught.value.code, caught.value.scope) == ("smtp.no_answer", "account")
    assert relay.taken[FINE] == 1
