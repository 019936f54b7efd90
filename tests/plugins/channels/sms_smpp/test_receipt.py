"""Delivery receipts as centres really write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus, InboundMessage
from nextvisit.sdk.errors import ProtocolError
from nextvisit_channel_sms_smpp import SmsSmppSettings
from nextvisit_channel_sms_smpp.inbound import body_of, is_receipt, parse
from nextvisit_channel_sms_smpp.pdu import Address, ShortMessage
from nextvisit_channel_sms_smpp.receipt import normal_id, read_receipt

WHOLE = "id:{} sub:001 dlvrd:001 submit date:2605041200 done date:2605041201 stat:{} err:000 text:"
ID, STATE = 0x1E, 0x427

Tlvs = dict[int, bytes]


def settings(**more: Any) -> SmsSmppSettings:
    """Of some centre."""
    raw = {"host": "smsc.example", "system_id": "us", "password": "env:NOT_READ", "sender": "Klinika"}
    return SmsSmppSettings.model_validate(raw | more)


def delivery(octets: bytes, *, flag: int = 0, coding: int = 0, tlvs: Tlvs | None = None) -> ShortMessage:
    """A deliver_sm from the phone that we wrote to."""
    phone, us = Address(1, 1, "48500100200"), Address(3, 0, "1234")
    return ShortMessage(phone, us, octets, flag, coding, tlvs=tlvs or {})


@pytest.mark.parametrize(
    ("raw", "tlvs", "setting", "ref", "status"),
    [
        (WHOLE.format("00AB", "DELIVRD"), {}, "same", "ab", DeliveryStatus.DELIVERED),
        ("custom", {ID: b"00ab\0", STATE: b"\x02"}, "same", "ab", DeliveryStatus.DELIVERED),
        ("id:99 stat:UNDELIV", {ID: b"ab\0", STATE: b"\x02"}, "same", "ab", DeliveryStatus.DELIVERED),
        ("id:AB stat:ENROUTE", {}, "same", "ab", DeliveryStatus.SENT),
        ("id:0x00AB stat:EXPIRED", {}, "same", "ab", DeliveryStatus.FAILED),
    ],
)
def test_a_receipt_is_understood(
    raw: str, tlvs: Tlvs, setting: Any, ref: str, status: DeliveryStatus
) -> None:
    report = read_receipt(raw, tlvs, setting)
    assert report is not None
    assert (report.provider_ref, report.status) == (ref, status)


@pytest.mark.parametrize(
    ("responded", "told", "named", "setting"),
    [
        ("39F99DD5", "39f99dd5", "", "same"),
        ("39F99DD5", "0972660181", "", "decimal"),
        ("39F99DD5", "0972660181", "39F99DD5", "decimal"),
        ("39F99DD5", "0972660181", "972660181", "decimal"),
        ("39F99DD5", "", "972660181", "decimal"),
        ("12345678", "305419896", "12345678", "decimal"),
        ("972660181", "39F99DD5", "", "hexadecimal"),
        ("972660181", "0x39f99dd5", "972660181", "hexadecimal"),
        ("972660181", "39F99DD5", "39F99DD5", "hexadecimal"),
        ("972660181", "", "0039F99DD5", "hexadecimal"),
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "", "decimal"),
        ("0a1b_c", "a1b_c", "", "hexadecimal"),
    ],
)
def test_an_id_is_found_however_a_receipt_spells_it(
    responded: str, told: str, named: str, setting: Any
) -> None:
    """jookies/jasmin#1034, #586, #153: either way round, and the parameter with the text or against it."""
    words = WHOLE.format(told, "DELIVRD") if told else ""
    tlvs = {STATE: b"\x02"} | ({ID: named.encode() + b"\0"} if named else {})
    report = read_receipt(words, tlvs, setting)
    assert report is not None
    assert report.provider_ref == normal_id(responded)


@given(st.integers(min_value=1, max_value=2**63), st.booleans(), st.booleans())
def test_an_id_that_is_a_number_is_found_either_way_round(number: int, named: bool, swapped: bool) -> None:
    decimal, hexadecimal = f"{number:020d}", f"{number:X}"
    told, responded = (hexadecimal, decimal) if swapped else (decimal, hexadecimal)
    tlvs = {ID: told.encode() + b"\0", STATE: b"\x02"} if named else {}
    report = read_receipt(WHOLE.format(told, "DELIVRD"), tlvs, "hexadecimal" if swapped else "decimal")
    assert report is not None
    assert report.provider_ref == normal_id(responded)


@pytest.mark.parametrize(
    ("words", "state", "status"),
    [
        ("DELIVERED", b"", DeliveryStatus.DELIVERED),
        ("delivrd", b"", DeliveryStatus.DELIVERED),
        ("UNDELIVERABLE", b"", DeliveryStatus.FAILED),
        ("REJECTED", b"", DeliveryStatus.FAILED),
        ("ACCEPTED", b"", DeliveryStatus.SENT),
        ("UNKNOWN", b"", DeliveryStatus.UNKNOWN),
        ("002", b"", DeliveryStatus.DELIVERED),
        ("5", b"", DeliveryStatus.FAILED),
        ("whatever", b"\x05", DeliveryStatus.FAILED),
        ("whatever", b"2", DeliveryStatus.DELIVERED),
        ("whatever", b"\0\x02", DeliveryStatus.DELIVERED),
        ("DELIVRD", b"\x63", DeliveryStatus.DELIVERED),
        ("DELIVERY_FAILED", b"", None),
        ("whatever", b"\x63", None),
    ],
)
def test_a_state_is_understood_however_it_is_spelt(
    words: str, state: bytes, status: DeliveryStatus | None
) -> None:
    tlvs = {STATE: state} if state else {}
    report = read_receipt(WHOLE.format("ab", words), tlvs, "same")
    assert (report and report.status) == status


MOSCOW = (
    "id:ab sub:000 dlvrd:000 submit date:180711070003912+ done date:180711070000012+ stat:UNDELIV err:000"
)
BARE = "id:ab sub:000 dlvrd:000 submit date:180903120815 done date:180903120816 DELIVRD err:000 Text:"


@pytest.mark.parametrize("flag", [0x00, 0x04])
@pytest.mark.parametrize(
    ("words", "status", "at"),
    [
        (MOSCOW, DeliveryStatus.FAILED, "2018-07-11T04:00:00+00:00"),
        (MOSCOW.replace("012+", "004-"), DeliveryStatus.FAILED, "2018-07-11T08:00:00+00:00"),
        (BARE, DeliveryStatus.DELIVERED, "2018-09-03T12:08:16+00:00"),
        (BARE.replace("DELIVRD", "stat:DELIVRD"), DeliveryStatus.DELIVERED, "2018-09-03T12:08:16+00:00"),
        (MOSCOW.replace("012+", "099+"), DeliveryStatus.FAILED, None),
        (MOSCOW.replace("180711070000012+", "20180711070000"), DeliveryStatus.FAILED, None),
    ],
)
def test_a_receipt_with_its_zone_or_without_a_name_for_its_state_is_one(
    words: str, status: DeliveryStatus, at: str | None, flag: int
) -> None:
    """funbox/smppex#46 and kneodev/ksmppd#108."""
    (report,) = parse(body_of([delivery(words.encode(), flag=flag)]), settings())
    assert isinstance(report, DeliveryReport)
    assert (report.provider_ref, report.status) == ("ab", status)
    assert report.at == (None if at is None else datetime.fromisoformat(at))


def test_ids_have_one_spelling() -> None:
    assert normal_id("00aB") == normal_id("AB") == normal_id("0xab ") == "ab"
    assert normal_id("000") == "0"


@pytest.mark.parametrize("flag", [0x00, 0x04, 0x20])
@pytest.mark.parametrize(
    ("octets", "coding", "tlvs"),
    [
        (WHOLE.format("AB_1", "DELIVRD").encode(), 0, {}),
        (WHOLE.format("AB_1", "DELIVRD").encode() + b"\0", 1, {}),
        (WHOLE.format("AB_1", "DELIVRD").encode(), 8, {}),
        (WHOLE.format("AB_1", "DELIVRD").encode("utf-16-be"), 8, {}),
        (WHOLE.format("AB\x111", "DELIVRD").encode(), 0, {}),
        (b"id:AB_1 submit date:260504120000 done date:260504120100 stat:DELIVRD", 0, {}),
        (b"", 0, {ID: b"AB_1\0", STATE: b"\x02"}),
        (b"delivered", 3, {ID: b"AB_1\0", STATE: b"\x02"}),
    ],
)
def test_a_receipt_is_one_with_or_without_its_flag_in_any_coding(
    flag: int, octets: bytes, coding: int, tlvs: Tlvs
) -> None:
    """praekeltfoundation/vumi#637 and #872; farhadi/node-smpp#68 says UCS-2 and writes ASCII."""
    message = delivery(octets, flag=flag, coding=coding, tlvs=tlvs)
    assert is_receipt(message)
    (report,) = parse(body_of([message]), settings())
    assert isinstance(report, DeliveryReport)
    assert (report.provider_ref, report.status) == ("ab_1", DeliveryStatus.DELIVERED)


@pytest.mark.parametrize(
    "words", ["id: tak", "id:1 stat:DELIVRD", "ID: 4711, proszę o inny termin", "stat: STOP", "submit date:1"]
)
def test_what_a_patient_types_is_no_receipt(words: str) -> None:
    message = delivery(words.encode("utf-16-be"), coding=8)
    (event,) = parse(body_of([message]), settings())
    assert isinstance(event, InboundMessage)
    assert event.text == words


PHONE = Address(1, 1, "48500100200")


@pytest.mark.parametrize(
    ("sender", "source", "destination", "to"),
    [
        ("Klinika", PHONE, Address(5, 0, "Klinika"), ("+48500100200",)),
        ("+48221234567", PHONE, Address(1, 1, "48221234567"), ("+48500100200",)),
        ("+48221234567", PHONE, Address(1, 1, "+48221234567"), ("+48500100200",)),
        # A centre that leaves them as they were sent, and one that sends under a name of its own.
        ("Klinika", Address(5, 0, "Klinika"), PHONE, ("+48500100200",)),
        ("Klinika", PHONE, Address(3, 0, "1234"), ("+48500100200", "1234")),
        ("Klinika", Address(0, 0, ""), Address(0, 0, ""), ()),
    ],
)
def test_a_receipt_names_the_phone_that_it_is_about(
    sender: str, source: Address, destination: Address, to: tuple[str, ...]
) -> None:
    receipt = ShortMessage(source, destination, WHOLE.format("ab", "UNDELIV").encode(), 4)
    (report,) = parse(body_of([receipt]), settings(sender=sender))
    assert isinstance(report, DeliveryReport)
    assert (report.provider_ref, report.to) == ("ab", to)
    assert "48500100200" not in repr(report)


def test_a_flagged_receipt_that_nobody_can_read_is_parked_by_its_reason() -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(body_of([delivery(b"gone", flag=0x04)]), settings())
    assert (caught.value.code, caught.value.whose) == ("smpp.receipt", "theirs")
