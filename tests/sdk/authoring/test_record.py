"""A real server's answers are recorded without anybody in them, and replayed to the kit."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import os
import re
import signal
import stat
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

import nextvisit_mis_fhir_r4
from nextvisit.sdk.authoring.bodies import Unfit
from nextvisit.sdk.authoring.disguise import Disguise
from nextvisit.sdk.authoring.kit_run import KitTest, run_kit
from nextvisit.sdk.authoring.pseudonyms import Pseudonyms
from nextvisit.sdk.authoring.record import HowToRecord, Recorded, Source, record_adapter, record_relayed
from nextvisit.sdk.authoring.recording import (
    PLACEHOLDER,
    Exchange,
    RecordedRequest,
    read_recording,
    write_recording,
)
from nextvisit.sdk.authoring.replay import replaying
from nextvisit.sdk.authoring.source_names import codes_of, names_in, names_of
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.outbound import OutboundHttp, OutboundServer
from nextvisit.sdk.records import SlotQuery, Specialty
from nextvisit.sdk.testing.http_stub import HttpAsked, HttpSaid, listening
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from tests.sdk import vendors
from tests.sdk.vendors.ambulo import AmbuloAdapter
from tests.sdk.vendors.ambulo_server import KEY, Ambulo

AMBULO = Source("tests.sdk.vendors.ambulo", Path(vendors.__file__).parent / "ambulo.py")
PESEL, PHONE, MAIL = "81020312345", "+48 500 100 200", "ala.kanarek@poczta.example"
NOTE = "Kanarek phoned: no visit before Easter, call 500100200"
PLANTED = (
    "Kanarek",
    "Czyżyk",
    "Szczygieł",
    "1981-02-03",
    "before the war",
    KEY,
    PESEL,
    PHONE,
    MAIL,
    NOTE,
    "500100200",
)


def nowhere(file: Path, planted: Sequence[str]) -> None:
    """In no spelling, whatever its letters' case."""
    text = file.read_text("utf-8").lower()
    for each in planted:
        packed = base64.b64encode(each.encode()).decode().rstrip("=")
        spelt = {each, quote(each), quote_plus(each), json.dumps(each)[1:-1], packed, each.encode().hex()}
        assert [one for one in spelt if one.lower() in text] == [], "a planted value is in the file"


class Talkative(Ambulo):
    """Says more of its patients than an adapter reads, and packs its answers."""

    async def _answer(self, asked: HttpAsked) -> Any:
        status, said = await super()._answer(asked)
        for row in said.get("rows", []) if isinstance(said, dict) else []:
            if row.get("kind") == "patient":
                row |= {"pesel": PESEL, "phone": PHONE, "mail": MAIL, "note": NOTE, "by": {PESEL: NOTE}}
                row["packed"] = base64.b64encode(NOTE.encode()).decode()
                row["escaped"] = quote(NOTE)
        body = gzip.compress(json.dumps(said, ensure_ascii=True).encode())
        headers = {
            "Content-Encoding": "gzip",
            "Content-Type": "application/json",
            "Set-Cookie": f"s={KEY}",
            "X-Who": NOTE,
        }
        return HttpSaid(status, body, headers)


async def recorded(mis: Ambulo, file: Path, **more: Any) -> Recorded:
    async with mis.serving() as port:
        how = HowToRecord(file, OutboundServer(f"http://127.0.0.1:{port}"), secrets=frozenset({KEY}), **more)
        return await record_adapter(
            AMBULO,
            how,
            lambda url: AmbuloAdapter(url, KEY),
            SlotQuery(Specialty("cardiology"), datetime.now(UTC), datetime.now(UTC) + timedelta(days=14)),
        )


def kit_of(folder: Path, line: str) -> Mapping[str, KitTest]:
    """One line in a file of tests, and what became of the kit."""
    tests = folder / "test_recorded.py"
    tests.write_text(line, encoding="utf-8")
    ran, _ = run_kit(folder)
    return {each.function: each for each in ran}


ONE_LINE = """
from pathlib import Path
from nextvisit.sdk.testing.recorded import recorded_kit
from tests.sdk.vendors.ambulo import AmbuloAdapter
TestRecorded = recorded_kit(Path(__file__).parent / "mis.jsonl", lambda url: AmbuloAdapter(url, "no-key"))
"""


@pytest.mark.anyio
async def test_a_vendor_s_answers_are_replayed_to_the_kit_with_nobody_in_them(tmp_path: Path) -> None:
    file = tmp_path / "mis.jsonl"
    found = await recorded(Talkative(), file)
    nowhere(file, PLANTED)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert found.read == found.again
    assert found.left_out == {}
    assert {"/rows/*/died", "/rows/*/status"} <= found.kept.keys()
    assert not {"/rows/*/family", "/rows/*/id", "/rows/*/note"} & found.kept.keys()
    ran = await asyncio.to_thread(kit_of, tmp_path, ONE_LINE)
    assert {each.function for each in ran.values() if each.outcome == "failed"} == set()
    passed = {each.function for each in ran.values() if each.outcome == "passed"}
    assert {
        "test_check_answers",
        "test_a_pull_reads_everything_and_nothing_is_unreadable",
        "test_every_record_is_one",
        "test_a_pull_that_was_killed_after_any_page_loses_nothing",
        "test_pulling_again_comes_to_rest",
        "test_a_listing_names_what_a_pull_tells_of",
        "test_parse_is_pure",
        "test_an_absent_server_is_retried_later",
    } <= passed


@pytest.mark.anyio
async def test_what_is_asked_and_was_not_recorded_fails_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "mis.jsonl"
    await recorded(Ambulo(), file)
    write_recording(file, [each for each in read_recording(file) if "about" not in each.asked.path])
    ran = await asyncio.to_thread(kit_of, tmp_path, ONE_LINE)
    said = ran["test_check_answers"].said
    assert said.startswith("the plugin asks what was not recorded: GET /v1/about")
    assert "right: record it again" in said


@pytest.mark.anyio
async def test_the_sandbox_s_fhir_is_replayed_to_the_built_in_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FHIR_TOKEN", "sandbox-fhir-token")
    source = Source("nextvisit_mis_fhir_r4", Path(nextvisit_mis_fhir_r4.__file__).parent)
    file = tmp_path / "mis.jsonl"

    def make(url: str) -> FhirR4Adapter:
        return FhirR4Adapter(FhirR4Settings(base_url=url, token="env:FHIR_TOKEN"))

    async with SandboxClinic(SandboxConfig(patients=12, patients_act=False)) as sandbox:
        how = HowToRecord(
            file,
            OutboundServer(sandbox.fhir_url),
            secrets=frozenset({"sandbox-fhir-token"}),
            keep=("/total", "/fhirVersion"),
        )
        found = await record_adapter(source, how, make, None)
        people = [each.resource for each in sandbox.store.all("Patient")]
    planted = {
        value
        for person in people
        for value in (
            *(name["family"] for name in person["name"]),
            *(point["value"] for point in person.get("telecom", [])),
            *(each["value"] for each in person.get("identifier", [])),
        )
        if len(value) > 4
    }
    assert len(planted) > 20
    nowhere(file, [*planted, "sandbox-fhir-token"])
    assert found.read == found.again
    line = """
from pathlib import Path
from nextvisit.sdk.testing.recorded import recorded_kit
from nextvisit_mis_fhir_r4 import FhirR4Adapter, FhirR4Settings
TestRecorded = recorded_kit(Path(__file__).parent / "mis.jsonl", lambda url: FhirR4Adapter(FhirR4Settings(base_url=url)))
"""
    ran = await asyncio.to_thread(kit_of, tmp_path, line)
    assert {each.test: each.said for each in ran.values() if each.outcome == "failed"} == {}
    assert sum(each.outcome == "passed" for each in ran.values()) >= 10


def test_a_pseudonym_has_the_shape_of_what_it_stands_for_and_is_the_same_everywhere() -> None:
    made = Pseudonyms(frozenset({"booked", "Patient"}), today=TODAY)
    for value in (
        "Kowalski",
        "Żółć",
        "Иванова",
        "Παπάς",
        PESEL,
        PHONE,
        MAIL,
        "AB-12/c",
        "c56a4180-65aa-42ec-a945-5fd21dec0538",
    ):
        other = made.of(value)
        assert other not in {value, ""}
        assert [_shape(each) for each in other] == [_shape(each) for each in value]
        assert made.of(value) == other
        assert made.of(value.lower()) == other.lower()
    assert re.fullmatch(r"[0-9a-f-]{36}", made.of("c56a4180-65aa-42ec-a945-5fd21dec0538"))
    assert made.of("Patient/8173") == f"Patient/{made.of('8173')}"
    assert made.of("Patient booked 8173") != "Patient booked 8173"
    assert "booked" not in made.of("was booked by Anna")
    ids = [made.of(str(each)) for each in range(3000, 5000)]
    assert len(set(ids)) == len(ids)
    assert Pseudonyms(today=TODAY).of("Wiśniewska-Kowalczyk") != made.of("Wiśniewska-Kowalczyk")


def _shape(letter: str) -> tuple[str, str]:
    if letter.isalnum():
        return unicodedata.category(letter), unicodedata.name(letter).partition(" ")[
            0
        ] if letter.isalpha() else ""
    return letter, ""


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01",
        "2026-03-01T08:15:00+01:00",
        "2026-03-01 08:15",
        "ge2026-03-01T08:15:00.123Z",
        "01.03.2026 08:15",
        "2026-03",
    ],
)
def test_instants_are_moved_by_one_constant(value: str) -> None:
    made = Pseudonyms(today=TODAY)
    other = made.of(value)
    assert other != value
    assert len(other) == len(value)
    if value[:4] == "2026" and len(value) > 7:
        assert datetime.fromisoformat(other) - datetime.fromisoformat(value) == made.shift
        assert made.shift.days % 7 == 0


BASE = "http://mis.example/fhir"
TODAY = date(2026, 11, 28)


def disguise_of(*names: str) -> Disguise:
    return Disguise(Pseudonyms(today=TODAY), [BASE], names=names_in([*names, "by"]))


def disguise(keep: Sequence[str] = ()) -> Disguise:
    codes = frozenset({"booked", "status", "Patient", "urn:x"})
    names = names_in(
        [
            "a",
            "b",
            "c",
            "id",
            "what",
            "who",
            "rows",
            "unit",
            "by",
            "token",
            "next",
            "name",
            "api_key",
            "other",
        ]
    ) | names_in(codes)
    made = Pseudonyms(codes, today=TODAY)
    return Disguise(made, [BASE], names=names, keep=keep, secrets=frozenset({"s3cret-value"}))


def said(body: str | bytes, media: str, by: Disguise | None = None) -> str:
    raw = body if isinstance(body, bytes) else body.encode()
    return (by or disguise()).answered(200, {"content-type": media}, raw).body


def test_each_form_of_a_body_keeps_its_structure_and_no_value() -> None:
    by = disguise()
    family = json.loads(said(json.dumps({"a": ["Kanarek"], "b": None, "c": True}), "application/json", by))
    assert family["b"] is None
    assert family["c"] is True
    name = family["a"][0]
    lines = said('{"a": "Kanarek"}\n{"a": "booked"}\n', "application/fhir+ndjson", by).splitlines()
    assert [json.loads(each)["a"] for each in lines] == [name, "booked"]
    xml = '<?xml version="1.0"?><!-- Kanarek --><p:a xmlns:p="urn:x" id="Kanarek"><b>Kanarek</b><c status="booked"/></p:a>'
    assert (
        said(xml, "text/xml", by)
        == f'<p:a xmlns:p="urn:x" id="{name}"><b>{name}</b><c status="booked"/></p:a>'
    )
    assert (
        said("who=Kanarek&what=booked", "application/x-www-form-urlencoded", by) == f"who={name}&what=booked"
    )
    link = json.loads(said(json.dumps({"next": f"{BASE}/Patient?name=Kanarek"}), "application/json", by))
    assert link["next"] == f"{PLACEHOLDER}/Patient?name={name}"
    asked = by.asked("GET", "/Patient/8173?name=Kanarek&api_key=s3cret-value&other=Unheard", "", b"")
    assert asked.path == ["Patient", None]  # no answer has told of it
    assert asked.query == [("api_key", None), ("name", name), ("other", None)]


@pytest.mark.parametrize(
    "key",
    [
        "Kanarek",
        "Kanarek.Anna",
        "P123456",
        "MRN-123-456",
        "kanarek@skrzynka.example",
        "600123456",
        "1985-01-01",
        "ul. Lipowa 7",
        "Żółć",
    ],
)
def test_a_key_that_the_plugin_does_not_name_stays_nowhere(key: str) -> None:
    assert key not in said(json.dumps({"rows": {key: 1}}, ensure_ascii=False), "application/json")
    assert quote_plus(key) not in said(f"{quote_plus(key)}=1", "application/x-www-form-urlencoded")
    by = disguise()
    asked = by.asked("POST", "/rows", "application/x-www-form-urlencoded", f"{quote_plus(key)}=1".encode())
    assert key not in str(asked)


JSON = "application/json"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json; patient=Kanarek; tel=500100200"}, b"{}"),
        ({"content-type": "kanarek/500100200"}, b""),
        ({"content-type": JSON, "retry-after": "500100200"}, b"{}"),
        ({"content-type": JSON, "link": f'<{BASE}/1>; title="Kanarek 500100200"; rel="next"'}, b"{}"),
        ({"content-type": JSON, "link": "Kanarek 500100200"}, b"{}"),
        ({"content-type": JSON, "location": f"{BASE}/p?Kanarek&500100200=1"}, b"{}"),
        ({"content-type": JSON, "date": "Sat, 28 Nov 2026 07:00:00 GMT"}, b"{}"),
        ({"content-type": JSON}, b'{"a": "1984-05-12T00:00:00.500100200Z"}'),
        ({"content-type": JSON}, json.dumps({"next": f"{BASE}/p?Kanarek=&500100200"}).encode()),
        ({"content-type": JSON}, b'{"b": "Bearer s3cret-value", "c": "s3cret-value/500100200"}'),
        ({"content-type": "text/xml"}, b"<a><Kanarek/><p500100200 id500100200='x'>y</p500100200></a>"),
        ({"content-type": "text/xml"}, b'<a xmlns:p="urn:Kanarek:500100200" xmlnsx="Kanarek"/>'),
    ],
)
def test_wherever_a_name_or_a_number_may_stand_it_stays_nowhere(headers: dict[str, str], body: bytes) -> None:
    made = disguise(keep=["/b", "/c"]).answered(200, headers, body)
    written = json.dumps(asdict(made)).lower()
    for planted in ("kanarek", "500100200", "s3cret", "07:00:00"):
        assert planted not in written


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "koi8-r", "iso-8859-5"])
@pytest.mark.parametrize("said_in", ["header", "prolog"])
def test_xml_in_another_alphabet_is_read_as_it_was_written(charset: str, said_in: str) -> None:
    body = f'<?xml version="1.0" encoding="{charset}"?><a>Иванова</a>'.encode(charset)
    media = "text/xml" + (f"; charset={charset}" if said_in == "header" else "")
    made = said(body, media)
    assert re.fullmatch(r"<a>[\u0400-\u04ff]{7}</a>", made)
    assert "Иванова" not in made


def test_of_what_was_read_by_another_charset_no_sign_stays() -> None:
    """UTF-8 that is said to be Latin-1: half of each letter's bytes are signs there, which tell as much."""
    names = [f"Иванова{first}{second}" for first in "абвгдежз" for second in "иклмнопр"]
    seen = "".join(names).encode().decode("latin-1")
    for kind, media in (("<a>{}</a>", "text/xml"), ('{{"a": "{}"}}', JSON)):
        made = said(kind.format(" ".join(names)).encode(), f"{media}; charset=iso-8859-1")
        inside = (made[3:-4] if kind[0] == "<" else json.loads(made)["a"]).replace(" ", "")
        signs = [(was, each) for was, each in zip(seen, inside, strict=True) if not was.isalnum()]
        assert len(signs) > 100
        assert sum(was == each for was, each in signs) < len(signs) / 2


def test_when_was_recorded_gives_nobody_s_birth_date_away() -> None:
    """Visits of late are moved by one constant, which whoever knows the day finds out."""
    made = Pseudonyms(today=TODAY)
    days = [date(1950, 1, 1) + timedelta(days=97 * number) for number in range(200)]
    moved = [date.fromisoformat(made.of(each.isoformat())) - each for each in days]
    assert len(set(moved)) > 100
    assert all(abs(each - made.shift) <= timedelta(days=180) for each in moved)
    assert made.of(days[0].isoformat()) == made.of(days[0].isoformat())
    years = {int(made.of(str(year))) - year for year in range(1930, 2020)}
    assert len(years) > 1
    baby = date(2025, 6, 1)
    asides = {date.fromisoformat(each.of(str(baby), birth=True)) - baby - each.shift for each in _several()}
    assert len(asides) > 1
    visit = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert datetime.fromisoformat(made.of(visit.isoformat())) - visit == made.shift


def _several() -> list[Pseudonyms]:
    return [Pseudonyms(today=TODAY) for _ in range(20)]


def test_no_letter_without_a_capital_stands_for_one_that_has_one() -> None:
    """Such as the Greek rho with a stroke: the shape of a name would be another."""
    for made in _several():
        assert all(each.isupper() for each in made.of("ΠΑΣΤΡΖ"))


def test_a_page_s_number_beside_what_it_became_gives_no_other_number_back() -> None:
    by = disguise()
    told = json.loads(
        said(json.dumps({"what": "7 9 1 6", "rows": 1234, "unit": {"next": 2}}), "application/json", by)
    )
    pairs = {
        one[0]: one[1]
        for number in range(1, 200)
        for _, one in by.asked("GET", f"/p?page={number}", "", b"").query
        if isinstance(one, list)
    }
    assert len(pairs) > 100
    back = [pairs.get(each) for each in told["what"].split()]
    assert back != ["7", "9", "1", "6"]
    assert pairs[str(told["unit"]["next"])] == "2"  # what is told of the next page may be repeated
    assert by.asked("GET", "/p?offset=1234", "", b"").query[0][1] == str(told["rows"])


def test_a_baby_s_birth_date_is_moved_by_its_own() -> None:
    told = []
    for _ in range(20):
        both = said(
            '{"birthDate": "2025-06-01", "by": "2025-06-01"}', "application/json", disguise_of("birthDate")
        )
        told.append(json.loads(both))
    assert any(each["birthDate"] != each["by"] for each in told)


def test_what_is_escaped_letter_by_letter_is_replaced_as_a_word() -> None:
    by = disguise()
    told = json.loads(
        said('{"a": "%49%76%61%6E%6F%76%61", "b": "Ivanova", "c": "&#73;vanova"}', "application/json", by)
    )
    assert told["a"] == told["b"] == told["c"] != "Ivanova"


def test_a_server_that_asks_for_a_long_pause_is_written_as_an_hour() -> None:
    headers = {"content-type": JSON, "retry-after": "47110"}
    assert disguise().answered(429, headers, b"{}").headers["retry-after"] == "3600"


def test_a_prefix_that_the_plugin_does_not_name_is_replaced() -> None:
    xml = '<Kanarek:a xmlns:Kanarek="urn:x"><a xmlns:Anna="urn:x"/></Kanarek:a>'
    made = said(xml, "text/xml")
    assert "anarek" not in made
    assert "Anna" not in made
    assert re.fullmatch(r'<(\w+):a xmlns:\1="urn:x"><a xmlns:\w+="urn:x"/></\1:a>', made)


def test_which_letters_of_a_hash_are_digits_singles_nobody_out() -> None:
    made = Pseudonyms(today=TODAY)
    for opaque in (hashlib.sha256(b"500100200").hexdigest(), base64.b64encode(b"Kanarek Anna").decode()):
        other = made.of(opaque)
        assert len(other) == len(opaque)
        assert [each.isdigit() for each in other] != [each.isdigit() for each in opaque]
        assert made.of(opaque) == other


def test_after_a_flood_of_short_numbers_none_stands_for_itself() -> None:
    made = Pseudonyms(today=TODAY)
    for number in range(10, 1000):
        made.of(str(number))
    phone = "707 012 034 056 11 22"
    assert all(one != other for one, other in zip(phone.split(), made.of(phone).split(), strict=True))
    assert made.of(phone) == made.of(phone)


def test_half_of_a_pair_is_written_and_read_again(tmp_path: Path) -> None:
    answer = disguise().answered(200, {"content-type": JSON}, b'{"a": "\\ud83d Kanarek"}')
    file = tmp_path / "mis.jsonl"
    write_recording(file, [Exchange(RecordedRequest("GET", [], [], []), answer)])
    (again,) = read_recording(file)
    assert again.answered == answer
    assert again.answered.body.encode()


def test_a_key_is_named_by_a_field_in_whatever_spelling(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text('class Row:\n    birth_date: str\n\nURL = "/rows/{id}?since=0"\n')
    named = names_of(tmp_path)
    assert names_in(["birthDate", "BIRTH_DATE", "rows", "since"]) <= named
    assert not names_in(["Kanarek", "500100200"]) & named


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"%PDF-1.7 Kanarek", "application/pdf"),
        ("<html>Kanarek", "text/html"),
        ("{not json Kanarek", "application/json"),
        (b'<!DOCTYPE a [<!ENTITY b "Kanarek">]><a>&b;</a>', "text/xml"),
        ("<a>Kanarek", "text/xml"),
        (b"\xff\xfe", "application/json"),
    ],
)
def test_a_body_in_which_nobody_knows_what_is_a_value_is_refused(body: Any, media: str) -> None:
    with pytest.raises(Unfit) as refused:
        said(body, media)
    assert "Kanarek" not in str(refused.value)


def test_what_is_kept_is_counted_by_its_place_and_no_secret_is() -> None:
    by = disguise(keep=["/rows/*/unit", "/token"])
    body = {"rows": [{"unit": "mmol", "by": "Anna"}, {"unit": "mg", "by": "booked"}], "token": "booked"}
    made = json.loads(said(json.dumps(body), "application/json", by))
    assert [each["unit"] for each in made["rows"]] == ["mmol", "mg"]
    assert made["token"] != "booked"
    assert by.kept == {"/rows/*/unit": 2, "/rows/*/by": 1}


def test_a_plugin_s_source_names_codes_and_no_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        '"""Kanarek is a bird."""\nX = {"planned": f"/v1/rows/{1}"}\n', encoding="utf-8"
    )
    codes = codes_of(tmp_path)
    assert {"planned", "v1", "rows", "recall"} <= codes
    assert "Kanarek" not in codes


@pytest.mark.anyio
async def test_a_plugin_that_the_author_runs_herself_is_recorded_until_she_ends_it(tmp_path: Path) -> None:
    mis, until, at = Talkative(), asyncio.Event(), asyncio.Queue[str]()
    async with mis.serving() as port:
        how = HowToRecord(tmp_path / "mis.jsonl", OutboundServer(f"http://127.0.0.1:{port}"))
        running = asyncio.create_task(record_relayed(AMBULO, how, until, at.put_nowait))
        url = await at.get()
        adapter = AmbuloAdapter(url, KEY)
        assert await adapter.check() == "Ambulo 4.2"
        pages = [page async for page in adapter.changes(None)]
        assert any(b"Kanarek" in page.body for page in pages)  # the plugin itself gets the real answers
        await adapter.look_up(["Patient/817355"])  # type: ignore[list-item]
        await adapter.close()
        until.set()
        found = await running
    assert found.exchanges > 3
    nowhere(found.file, [*PLANTED, "817355"])


@pytest.mark.anyio
async def test_what_cannot_be_disguised_is_left_out_and_counted(tmp_path: Path) -> None:
    async def answer(_: HttpAsked) -> HttpSaid:
        return HttpSaid(200, b"%PDF Kanarek", {"Content-Type": "application/pdf"})

    until, at = asyncio.Event(), asyncio.Queue[str]()
    async with listening(answer) as port:
        how = HowToRecord(tmp_path / "mis.jsonl", OutboundServer(f"http://127.0.0.1:{port}"))
        running = asyncio.create_task(record_relayed(AMBULO, how, until, at.put_nowait))
        http = OutboundHttp("test", OutboundServer(url := await at.get()))
        assert (await http.ask("GET", f"{url}/letter")).body == b"%PDF Kanarek"
        await http.close()
        until.set()
        found = await running
    assert found.left_out == {"a body that nobody knows how to disguise (application/pdf)": 1}
    assert found.exchanges == 0
    nowhere(found.file, ["Kanarek"])


@pytest.mark.anyio
async def test_the_command_records_an_installed_plugin(tmp_path: Path) -> None:
    async with SandboxClinic(SandboxConfig(patients=3, patients_act=False)) as sandbox:
        settings, file = tmp_path / "settings.yaml", tmp_path / "mis.jsonl"
        settings.write_text(
            json.dumps({"base_url": sandbox.fhir_url, "token": "env:FHIR_TOKEN"}), encoding="utf-8"
        )
        words = ("record", "fhir_r4", "--settings", str(settings), "--into", str(file))
        ran = await _command(*words)
        assert ran[0] == 1, ran
        assert "WRONG record: replayed, the plugin ends with ConfigError: " in ran[1]
        ran = await _command(*words, "--keep", "/total", "--keep", "/fhirVersion")
        assert ran[0] == 0, ran
        assert "/total" in ran[1]
        assert "Replayed, the plugin reads as many records of each kind." in ran[1]
        relay = await _begun("record", "fhir_r4", "--to", sandbox.fhir_url, "--into", str(file), "--json")
        assert relay.stdout is not None
        assert b"in the server's place" in await relay.stdout.readline()
        os.kill(relay.pid, signal.SIGINT)
        out, _ = await relay.communicate()
        assert (relay.returncode, json.loads(out)["exchanges"]) == (0, 0)
    assert (await _command("record", "fhir_r4", "--into", str(file)))[0] == 3
    assert (await _command("record", "nobody", "--to", "http://127.0.0.1:1", "--into", str(file)))[0] == 3
    assert (await _command(*words, "--specialty", "cardiology"))[0] == 3


async def _begun(*words: str) -> asyncio.subprocess.Process:
    program = "from nextvisit.sdk.authoring.command import main; main()"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={"FHIR_TOKEN": "sandbox-fhir-token"},
    )  # fmt: skip


async def _command(*words: str) -> tuple[int | None, str]:
    ran = await _begun(*words)
    out, err = await ran.communicate()
    return ran.returncode, out.decode() + err.decode()


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mis.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is no recording"):
        read_recording(file)


@pytest.mark.anyio
async def test_of_requests_alike_the_next_answer_comes_and_then_the_last_again(tmp_path: Path) -> None:
    del tmp_path
    by, exchanges = disguise(), []
    for number in ("one", "two"):
        answered = by.answered(
            200, {"content-type": "application/json"}, json.dumps({"says": number}).encode()
        )
        exchanges.append(Exchange(by.asked("GET", "/status", "", b""), answered))
    async with replaying(exchanges) as replay:
        http = OutboundHttp("test", OutboundServer(replay.url))
        said_so = [(await http.ask("GET", f"{replay.url}/status")).body for _ in range(3)]
        await http.close()
    assert said_so[0] != said_so[1] == said_so[2]
