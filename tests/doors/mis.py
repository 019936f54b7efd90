"""Three MIS adapters that are told instead of asking: over MLLP, by files in a folder, by calls over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hl7apy.core import Message
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from nextvisit.sdk.doors import Answer, Handshake, Keep, RawInbound, RawRequest, Received
from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected
from nextvisit.sdk.ports import Inbox
from nextvisit.sdk.records import ContactPoint, HumanName, MisEvent, MisRef, Patient, PullSoon, Unreadable
from nextvisit.sdk.testing.fake_mis import FakeMis

START_BLOCK: Final = b"\x0b"
END_BLOCK: Final = b"\x1c\r"
LONGEST: Final = 16 * 1024 * 1024
SECRET: Final = b"between the MIS and us"


class MllpMis(FakeMis):
    """HL7 v2 over MLLP: `ADT^A08` says who a patient is, everything else is unreadable.

    What has no control id cannot be acknowledged: it is refused by the protocol's word, and not kept.
    """

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.listening = asyncio.Event()
        self.parsed: list[str] = []

    async def serve(self, inbox: Inbox) -> None:
        """See `Listens`. A thing that could not be kept hangs up on its sender, who sends it again."""

        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    await reader.readuntil(START_BLOCK)
                    body = (await reader.readuntil(END_BLOCK)).removesuffix(END_BLOCK)
                    control = control_id(body)
                    if control is not None:
                        await inbox.put(RawInbound(body, dedupe=_fingerprint(body)))
                    writer.write(START_BLOCK + acknowledgement(control) + END_BLOCK)
                    await writer.drain()
            except (
                NextVisitError,
                asyncio.IncompleteReadError,
                asyncio.LimitOverrunError,
                ConnectionError,
            ):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(session, "127.0.0.1", self.port, limit=LONGEST)
        self.port = server.sockets[0].getsockname()[1]
        inbox.listening()
        self.listening.set()
        async with server:
            await server.serve_forever()

    def parse_inbound(self, body: bytes) -> Sequence[MisEvent]:
        """See `Listens`."""
        try:
            message = parse_message(body.decode(), find_groups=False)
            control, kind = message.msh.msh_10.value, message.msh.msh_9.value
            self.parsed.append(control)
            if kind != "ADT^A08^ADT_A01":
                return [Unreadable(MisRef(f"Message/{control}"), "hl7.kind")]
            pid = message.pid
            return [
                Patient(
                    ref=MisRef(f"Patient/{pid.pid_3.pid_3_1.value}"),
                    version=control,
                    updated_at=datetime.strptime(message.msh.msh_7.value, "%Y%m%d%H%M%S").replace(tzinfo=UTC),
                    name=HumanName(family=pid.pid_5.pid_5_1.value, given=(pid.pid_5.pid_5_2.value,)),
                    contact_points=(ContactPoint("phone", pid.pid_13.value),),
                )
            ]
        except (HL7apyException, ValueError):
            return [Unreadable(None, "hl7.broken")]


def an_a08(control: str, family: str, *, patient: int = 1, at: str = "20260504100000") -> bytes:
    """A patient as the MIS knows them now."""
    message = Message("ADT_A01", version="2.5.1")
    message.msh.msh_7 = at
    message.msh.msh_9 = "ADT^A08^ADT_A01"
    message.msh.msh_10 = control
    message.msh.msh_11 = "P"
    message.evn.evn_2 = at
    message.pid.pid_3 = str(patient)
    message.pid.pid_5 = f"{family}^Anna"
    message.pid.pid_13 = f"+4860100000{patient}"
    message.pv1.pv1_2 = "O"
    return str(message.to_er7()).encode()


def control_id(body: bytes) -> str | None:
    """What an acknowledgement names the message by."""
    header = body.split(b"\r", 1)[0].split(b"|")
    if header[0] != b"MSH" or len(header) < 10:
        return None
    return header[9].decode(errors="replace") or None


def acknowledgement(control: str | None) -> bytes:
    """AA with the control id: the message is ours to answer for. Without one, AR: it is not."""
    answer = Message("ACK", version="2.5.1")
    answer.msh.msh_9 = "ACK^A08^ACK"
    answer.msa.msa_1 = "AR" if control is None else "AA"
    answer.msa.msa_2 = control or ""
    return str(answer.to_er7()).encode()


async def say(port: int, body: bytes) -> tuple[str, str] | None:
    """As a MIS: one session, one message; (AA or AR, control id), None when we hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(START_BLOCK + body + END_BLOCK)
        await reader.readuntil(START_BLOCK)
        answer = (await reader.readuntil(END_BLOCK)).removesuffix(END_BLOCK)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    finally:
        writer.close()
    acknowledged = parse_message(answer.decode(), find_groups=False).msa
    return str(acknowledged.msa_1.value), str(acknowledged.msa_2.value)


class FolderMis(FakeMis):
    """The MIS drops files as `FakeMis.parse` reads them; one that is kept goes into `done`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        (folder / "done").mkdir()

    async def serve(self, inbox: Inbox) -> None:
        """See `Listens`. By name, which is the MIS's order; a file is whole once it has its name."""
        inbox.listening()
        while True:
            for path in sorted(self._folder.glob("*.json")):
                body = path.read_bytes()
                await inbox.put(RawInbound(body, dedupe=f"{path.name} {_fingerprint(body)}"))
                path.rename(self._folder / "done" / path.name)
            await asyncio.sleep(0.01)

    def parse_inbound(self, body: bytes) -> Sequence[MisEvent]:
        """See `Listens`."""
        return self.parse(body)


class SubscribedMis(FakeMis):
    """Calls us when something has changed: with the thing itself, or with a hint that there is one."""

    def receive(self, request: RawRequest) -> Received:
        """See `AnswersWebhooks`: a GET proves who we are, anything else is signed over its body."""
        if request.method == "GET":
            challenge = dict(request.query).get("challenge")
            if challenge is None:
                raise ProtocolError("subscription.challenge", "is missing", whose="theirs")
            return Handshake(Answer(200, self._proof(challenge.encode()).encode()))
        signature = dict(request.headers).get("x-signature", "")
        if not hmac.compare_digest(signature.encode(), self._proof(request.body).encode()):
            raise Rejected("subscription.signature", scope="account")
        try:
            told = json.loads(request.body)
            number = int(told["number"])
        except (ValueError, TypeError, KeyError):
            raise ProtocolError("subscription.body", "is not a notification", whose="theirs") from None
        kept = json.dumps({"received": number}).encode()
        return Keep(str(number), Answer(200, kept, "application/fhir+json"))

    def parse_webhook(self, request: RawRequest) -> Sequence[MisEvent]:
        """See `AnswersWebhooks`."""
        told = json.loads(request.body)
        return self.parse(json.dumps(told["things"]).encode()) if "things" in told else [PullSoon()]

    def _proof(self, body: bytes) -> str:
        return hmac.new(SECRET, body, hashlib.sha256).hexdigest()

    def notification(
        self, number: int, things: Sequence[object] | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """(body, headers) as the MIS sends them."""
        body = json.dumps({"number": number} | ({} if things is None else {"things": things})).encode()
        return body, {"X-Signature": self._proof(body)}


def _fingerprint(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
