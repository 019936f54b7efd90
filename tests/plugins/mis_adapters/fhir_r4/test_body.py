"""One broken character, quote or bracket costs what it stands in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nextvisit.sdk.records import Deleted, MisEvent, Patient, Unreadable
from nextvisit_mis_fhir_r4.body import loads
from nextvisit_mis_fhir_r4.primitives import Unfit
from tests.plugins.mis_adapters.fhir_r4.resources import META, codes, page, parse, patient

LINK = [{"relation": "next", "url": "https://mis.example/fhir/next"}]


def person(number: int) -> dict[str, Any]:
    """A patient with a bit of everything."""
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "meta": META,
        "active": True,
        "name": [{"family": "Kanarek", "given": ["Anna", "Zoë 🙂"]}],
        "telecom": [{"system": "phone", "value": f"+4850010020{number}", "rank": 1}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "pl"}]}}],
    }


def entry(number: int) -> bytes:
    """One entry of a page."""
    address = f"https://mis.example/fhir/Patient/p{number}"
    whole = {"fullUrl": address, "resource": person(number), "search": {"mode": "match"}}
    return json.dumps(whole, ensure_ascii=number % 2 == 0).encode()


def bundle(entries: list[bytes]) -> bytes:
    """A page of these entries, with its link behind them."""
    return (
        b'{"resourceType":"Bundle","type":"searchset","entry":['
        + b",".join(entries)
        + b'],"link":'
        + json.dumps(LINK).encode()
        + b"}"
    )


WHOLE = [entry(number) for number in range(5)]
(READ,) = [parse(bundle(WHOLE))]


def neighbours(events: list[MisEvent], hurt: int) -> list[MisEvent]:
    """What was said of the others."""
    others = {f"Patient/p{number}" for number in range(5) if number != hurt}
    return [one for one in events if isinstance(one, (Patient, Deleted)) and one.ref in others]


DAMAGE = st.binary(max_size=6) | st.sampled_from(
    [
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b"\x00",
        b"\t",
        b"\xe9",
        b"\xef\xbb\xbf",
        b"\\ud83d",
        b'"]}},',
    ]
)


@settings(max_examples=500, deadline=None)
@given(
    hurt=st.integers(0, 4),
    at=st.integers(0, len(WHOLE[0])),
    length=st.integers(0, 200),
    damage=DAMAGE,
)
@example(hurt=0, at=len(WHOLE[0]) - 1, length=1, damage=b',"link":[1')
@example(hurt=2, at=0, length=10_000, damage=b"")
@example(hurt=4, at=30, length=10_000, damage=b"")
def test_no_bytes_in_one_entry_cost_another(hurt: int, at: int, length: int, damage: bytes) -> None:
    broken = WHOLE[hurt][:at] + damage + WHOLE[hurt][at + length :]
    body = bundle([*WHOLE[:hurt], broken, *WHOLE[hurt + 1 :]])
    assert neighbours(parse(body), hurt) == [one for at, one in enumerate(READ) if at != hurt]


@settings(max_examples=200, deadline=None)
@given(end=st.integers(0, len(bundle(WHOLE)) - 1))
def test_what_is_whole_of_a_page_that_was_cut_is_read(end: int) -> None:
    body = bundle(WHOLE)
    ends = [body.index(one) + len(one) for one in WHOLE]
    whole = sum(one <= end for one in ends)
    events = parse(body[:end])
    assert [one for one in events if isinstance(one, Patient)] == READ[:whole]
    begun = any(end > body.index(one) and end < body.index(one) + len(one) for one in WHOLE)
    assert len([one for one in events if isinstance(one, Unreadable)]) == (
        begun or end < body.index(WHOLE[0])
    )


def test_of_a_page_that_was_cut_it_is_known_that_its_end_is_missing() -> None:
    body = bundle(WHOLE)
    assert loads(body).complete
    assert not loads(body[:-300]).complete
    hurt = loads(bundle([WHOLE[0], WHOLE[1][:-20], WHOLE[2]]))
    assert hurt.complete
    assert hurt.json["link"] == LINK


@pytest.mark.parametrize("cut", range(200, 440, 37))
def test_whom_a_broken_entry_is_about_is_read_as_far_as_it_can_be(cut: int) -> None:
    (hurt,) = [
        one for one in parse(bundle([WHOLE[0], WHOLE[1][:cut], WHOLE[2]])) if isinstance(one, Unreadable)
    ]
    assert (hurt.ref, hurt.patient, hurt.version) == ("Patient/p1", "Patient/p1", "3")
    assert hurt.reason == "entry.damaged"
    assert hurt.alone is not None
    assert parse(hurt.alone) == [hurt]


def test_two_broken_entries_side_by_side_are_two() -> None:
    events = parse(bundle([WHOLE[0], WHOLE[1][:300], WHOLE[2][:300], WHOLE[3]]))
    assert [one.ref for one in events if isinstance(one, Unreadable)] == ["Patient/p1", "Patient/p2"]


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"Ann\xe9", None),
        (b"Ann\\ud83d", None),
        (b"Ann\\u0000", None),
        (b"Ann\x01", None),
        (b"Ann\x00", None),
        (b"An\tna", "An\tna"),
        (b"An\\u0009na", "An\tna"),
        (b"Zo\xc3\xab", "Zoë"),
        (b"\\ud83d\\ude42", "🙂"),
    ],
)
def test_a_broken_character_costs_its_text(raw: bytes, kept: str | None) -> None:
    body = page(patient(name=[{"family": "Kanarek", "given": ["XXX"]}])).replace(b"XXX", raw)
    record, *oddities = parse(body)
    assert isinstance(record, Patient)
    assert record.name is not None
    assert (record.name.family, record.name.given) == ("Kanarek", () if kept is None else (kept,))
    assert codes(oddities) == ([] if kept else ["name.malformed"])


def test_a_byte_order_mark_costs_nothing() -> None:
    assert parse(b"\xef\xbb\xbf" + bundle(WHOLE)) == READ
    assert loads(b'\xef\xbb\xbf{"status":"active"}').json == {"status": "active"}


@pytest.mark.parametrize("odd", ["\x00", "\x00".join("ab"), "v" * 5000, 7, None])
def test_a_version_that_cannot_be_kept_is_another_one_for_other_content(odd: object) -> None:
    first, second = (
        parse(page(patient(meta={**META, "versionId": odd}, birthDate=birth)))[0]
        for birth in ("1980", "1981")
    )
    assert isinstance(first, Patient)
    assert isinstance(second, Patient)
    assert len(first.version) < 200
    assert "\x00" not in first.version
    assert first.version != second.version


def test_nesting_without_end_costs_its_entry() -> None:
    deep = b'{"resource":{"resourceType":"Patient","id":"p1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    events = parse(bundle([WHOLE[0], deep, WHOLE[2]]))
    assert neighbours(events, 1) == [READ[0], READ[2]]
    assert [one.ref for one in events if isinstance(one, Unreadable)] == ["Patient/p1"]


@pytest.mark.parametrize("number", [b"9" * 5000, b"1e999", b"NaN", b"-0"])
def test_numbers_of_any_length_are_read(number: bytes) -> None:
    record, *_ = parse(page(patient(multipleBirthInteger=7)).replace(b": 7", b": " + number))
    assert isinstance(record, Patient)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"resourceType":"Bundle"', b"[]", b"null", b"\xff\xfe{\x00"]
)
def test_what_is_no_json_object_is_unfit(body: bytes) -> None:
    with pytest.raises(Unfit):
        loads(body)
    (record,) = parse(body)
    assert isinstance(record, Unreadable)
    assert record.ref is None


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        '{"resource":',
        '{"id":',
        '{"resource":{"resourceType":"Patient","x":"',
        '{"resource":{"y":[',
        '"resource":{"y":',
    ],
)
def test_a_page_that_is_nested_so_that_each_try_fails_late_is_given_up(piece: str) -> None:
    """Without a bound this took minutes a megabyte."""
    try:
        loads(b'{"resourceType":"Bundle","entry":[' + piece.encode() * (1_500_000 // len(piece)))
    except Unfit as unfit:
        assert unfit.reason == "body.not_json"  # noqa: PT017


def test_a_page_of_countless_parts_is_not_built() -> None:
    with pytest.raises(Unfit, match=r"body.too_many_parts"):
        loads(b'{"resourceType":"Bundle","entry":[' + b"{}," * 500_000 + b"{}]}")
