"""The message centre, met by an SMPP client of another make.

smpplib blocks, so each test's conversation runs in a thread beside the clinic's loop.
"""

from __future__ import annotations

import asyncio
import struct
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm

from nextvisit_sandbox import gsm
from nextvisit_sandbox.received import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nextvisit_sandbox.clinic import SandboxClinic
    from tests.sandbox.conftest import Opened, Until

pytestmark = pytest.mark.anyio
PHONE = "48600100200"


class Talk:
    """One bound connection and what came over it."""

    def __init__(self, clinic: SandboxClinic) -> None:
        self.client = smpplib.client.Client(
            "127.0.0.1", clinic.smpp_port, timeout=0.2, allow_unknown_opt_params=True
        )
        self.inbound: list[Any] = []
        self.answers: list[Any] = []
        self.refuse = 0
        self.client.set_message_received_handler(self._received)
        self.client.set_message_sent_handler(self._answered)
        self.client.set_query_resp_handler(self._answered)
        self.client.set_error_pdu_handler(self._answered)

    def send(self, text: str, *, to: str = PHONE) -> None:
        """In as many parts as it takes; does not wait for the answers."""
        parts, coding, esm_class = smpplib.gsm.make_parts(text)
        for part in parts:
            self.client.send_message(
                source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
                source_addr="Klinika",
                dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
                dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
                destination_addr=to,
                short_message=part,
                data_coding=coding,
                esm_class=esm_class,
                registered_delivery=True,
            )

    def until(self, condition: Callable[[], object]) -> None:
        """Reads until a condition holds."""
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "the message centre did not answer in time"
            self.client.read_once()

    def _answered(self, pdu: Any) -> None:
        # smpplib hands an answer with an error status on twice.
        if all(pdu is not known for known in self.answers):
            self.answers.append(pdu)

    def _received(self, pdu: Any) -> int:
        self.inbound.append(pdu)
        if self.refuse:
            self.refuse -= 1
            return int(smpplib.consts.SMPP_ESME_RSYSERR)
        return int(smpplib.consts.SMPP_ESME_ROK)


@contextmanager
def bound(clinic: SandboxClinic) -> Generator[Talk, None, None]:
    """To be used in the thread."""
    talk = Talk(clinic)
    talk.client.connect()
    try:
        password = clinic.config.smpp_password.get_secret_value()
        talk.client.bind_transceiver(system_id=clinic.config.smpp_system_id, password=password)
        yield talk
    finally:
        talk.client._socket.close()
        talk.client._socket = None
        talk.client.state = smpplib.consts.SMPP_CLIENT_STATE_CLOSED


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Dzien dobry, zapraszamy {na} wizyte za 5 €", 1),
        ("Здравствуйте, пора к кардиологу", 1),
        ("Zażółć gęślą jaźń " * 30, 9),
        ("Ж" * 200, 3),
        ("x" * 400, 3),
    ],
)
async def test_a_text_arrives_as_it_was_written(opened: Opened, text: str, parts: int) -> None:
    def scenario(clinic: SandboxClinic) -> None:
        with bound(clinic) as talk:
            talk.send(text)
            talk.until(lambda: len(talk.answers) == parts)
            assert len({answer.message_id for answer in talk.answers}) == parts

    async with opened() as clinic:
        await asyncio.to_thread(scenario, clinic)
        (sms,) = clinic.phonebox
        assert (sms.to, sms.text, sms.parts) == (PHONE, text, parts)
        assert sms.sender.number == "Klinika"


async def test_a_receipt_names_the_message_and_its_end(opened: Opened) -> None:
    def scenario(clinic: SandboxClinic) -> tuple[Any, Any]:
        with bound(clinic) as talk:
            talk.send("x")
            talk.until(lambda: talk.inbound)
            return talk.answers[0], talk.inbound[0]

    async with opened() as clinic:
        answer, receipt = await asyncio.to_thread(scenario, clinic)
        text = receipt.short_message.decode("ascii")
        assert receipt.esm_class == 0x04
        assert receipt.source_addr.decode() == PHONE
        assert text.startswith(f"id:{answer.message_id.decode()} sub:001 dlvrd:001 submit date:")
        assert "stat:DELIVRD err:000 text:" in text
        assert receipt.receipted_message_id == answer.message_id
        assert receipt.message_state == 2


async def test_receipts_can_name_ids_in_decimal_and_without_parameters(opened: Opened) -> None:
    def scenario(clinic: SandboxClinic) -> tuple[Any, Any]:
        with bound(clinic) as talk:
            talk.send("x")
            talk.until(lambda: talk.inbound)
            return talk.answers[0], talk.inbound[0]

    async with opened(receipt_ids_decimal=True, receipt_tlvs=False) as clinic:
        answer, receipt = await asyncio.to_thread(scenario, clinic)
        shown = receipt.short_message.decode("ascii").split()[0].removeprefix("id:")
        assert int(shown) == int(answer.message_id, 16)
        assert receipt.receipted_message_id is None


async def test_a_number_that_cannot_be_reached_is_reported_so(opened: Opened) -> None:
    def scenario(clinic: SandboxClinic, number: str) -> Any:
        with bound(clinic) as talk:
            talk.send("x", to=number)
            talk.until(lambda: talk.inbound)
            return talk.inbound[0]

    async with opened(behaviours={f"patient-{n:05d}": "undeliverable" for n in range(1, 41)}) as clinic:
        number = next(iter(clinic.patients._book._phones))
        receipt = await asyncio.to_thread(scenario, clinic, number)
        assert b"dlvrd:000" in receipt.short_message
        assert b"stat:UNDELIV" in receipt.short_message
        assert receipt.message_state == 5
        assert not clinic.phonebox[0].delivered


async def test_what_a_patient_writes_is_repeated_until_it_is_acknowledged(opened: Opened) -> None:
    def scenario(clinic: SandboxClinic) -> list[bytes]:
        with bound(clinic) as talk:
            talk.refuse = 1
            talk.until(lambda: len(talk.inbound) == 2)
            return [pdu.short_message for pdu in talk.inbound]

    async with opened() as clinic:
        # Nobody is bound yet: it waits.
        clinic.send_text(Address(PHONE), Address("Klinika", 5, 0), "Да, хочу")
        first, second = await asyncio.to_thread(scenario, clinic)
        assert first == second == "Да, хочу".encode("utf-16-be")

        def nothing_more(clinic: SandboxClinic) -> int:
            with bound(clinic) as talk:
                talk.send("x")
                talk.until(lambda: talk.inbound)
                return len(talk.inbound)

        assert await asyncio.to_thread(nothing_more, clinic) == 1


async def test_a_simulated_patient_says_yes_and_picks_a_time_over_the_wire(opened: Opened) -> None:
    def scenario(clinic: SandboxClinic, number: str) -> list[str]:
        with bound(clinic) as talk:

            def written() -> list[str]:
                texts = [
                    pdu for pdu in talk.inbound if pdu.esm_class == 0 and pdu.source_addr.decode() == number
                ]
                return [
                    pdu.short_message.decode("utf-16-be")
                    if pdu.data_coding == 8
                    else gsm.decode(pdu.short_message)
                    for pdu in texts
                ]

            talk.send("Zapraszamy na wizytę. Odpowiedz TAK", to=number)
            talk.until(lambda: len(written()) == 1)
            talk.send("1) wt. 01.12 15:00 2) śr. 02.12 09:30", to=number)
            talk.until(lambda: len(written()) == 2)
            talk.send("Zapisano: 01.12 15:00", to=number)
            talk.until(lambda: len([pdu for pdu in talk.inbound if pdu.esm_class == 0x04]) == 3)
            return written()

    everybody = {f"patient-{n:05d}": "sms_yes" for n in range(1, 41)}
    async with opened(patients_act=True, behaviours=everybody) as clinic:
        phones = clinic.patients._book._phones
        number = next(phone for phone, owner in phones.items() if owner.language == "pl")
        yes, pick = await asyncio.to_thread(scenario, clinic, number)
        assert yes.lower().startswith("ta")
        assert pick in {"1", "2", "01.12 15:00", "02.12 09:30"}


async def test_an_undelivered_text_survives_an_outage(opened: Opened) -> None:
    def scenario(clinic: SandboxClinic) -> bytes:
        with bound(clinic) as talk:
            talk.until(lambda: talk.inbound)
            return bytes(talk.inbound[0].short_message)

    async with (
        opened() as clinic,
        httpx2.AsyncClient(base_url=clinic.control_url, trust_env=False) as control,
    ):
        port = clinic.smpp_port
        await control.post("/control/smpp/down")
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", port)
        clinic.send_text(Address(PHONE), Address("Klinika", 5, 0), "tak")
        await control.post("/control/smpp/up")
        assert clinic.smpp_port == port
        assert await asyncio.to_thread(scenario, clinic) == b"tak"


@pytest.mark.parametrize(
    ("system_id", "password", "status"), [("nextvisit", "wrong", 0x0E), ("stranger", "sandbox", 0x0F)]
)
async def test_strangers_are_refused(opened: Opened, system_id: str, password: str, status: int) -> None:
    async with opened() as clinic:
        body = b"\0".join((system_id.encode(), password.encode(), b"", b"\x34\0\0", b""))
        answer = await exchange(clinic, 0x09, body)
        assert answer[:3] == (0x8000_0009, status, 1)


async def exchange(clinic: SandboxClinic, command: int, body: bytes = b"") -> tuple[int, int, int, bytes]:
    """One request on a fresh connection, in bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", clinic.smpp_port)
    writer.write(struct.pack(">IIII", 16 + len(body), command, 0, 1) + body)
    length, answered, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
    rest = await reader.readexactly(length - 16)
    writer.close()
    await writer.wait_closed()
    return answered, status, sequence, rest


async def test_unknown_commands_and_unbound_submits_are_refused(opened: Opened) -> None:
    async with opened() as clinic:
        assert (await exchange(clinic, 0x77))[:2] == (0x8000_0000, 0x03)
        assert (await exchange(clinic, 0x04))[:2] == (0x8000_0004, 0x04)
        assert (await exchange(clinic, 0x15))[:2] == (0x8000_0015, 0)


async def test_too_many_at_once_are_throttled(opened: Opened) -> None:
    def scenario(clinic: SandboxClinic) -> list[int]:
        with bound(clinic) as talk:
            for _ in range(40):
                talk.send("x")
            talk.until(lambda: len(talk.answers) == 40)
            return [answer.status for answer in talk.answers]

    async with opened(smpp_rate=3) as clinic:
        statuses = await asyncio.to_thread(scenario, clinic)
        assert set(statuses) == {0, 0x58}
        assert len(clinic.phonebox) == statuses.count(0) >= 3
        assert len(clinic.throttled) == statuses.count(0x58)


async def test_the_end_of_a_message_can_be_asked_for(opened: Opened, until: Until) -> None:
    def scenario(clinic: SandboxClinic) -> list[int]:
        with bound(clinic) as talk:
            talk.send("x")
            talk.until(lambda: talk.inbound)
            message_id = talk.answers[0].message_id
            for asked in (message_id.decode(), "unknown"):
                talk.client.query_message(
                    message_id=asked, source_addr_ton=5, source_addr_npi=0, source_addr="Klinika"
                )
            talk.until(lambda: len(talk.answers) == 3)
            return [talk.answers[1].message_state, talk.answers[2].status]

    async with opened() as clinic:
        assert await asyncio.to_thread(scenario, clinic) == [2, 0x67]
        await until(lambda: len(clinic.phonebox) == 1)


def test_the_alphabet_goes_both_ways() -> None:
    text = "@£$ Grüße [100 €] {~}\nÅ"
    octets = gsm.encode(text)
    assert octets is not None
    assert gsm.decode(octets) == text
    assert gsm.encode("ó") is None
