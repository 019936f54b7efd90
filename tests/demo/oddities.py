"""Records as no clinic's system should send them and many do, each odd in a way of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Record = dict[str, Any]
Odd = Callable[[Record], bytes]

_LATIN_1 = "@@LATIN-1@@"
_CUT_EMOJI = "Ola \ud83d"
_TEST = ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST")
_RESTRICTED = ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "V")
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def as_bytes(record: Record) -> bytes:
    """JSON with half an emoji as its escape, and a Latin-1 byte where `_LATIN_1` stands."""
    return json.dumps(record).encode().replace(_LATIN_1.encode(), b"\xf3")


def _with(**changes: Any) -> Odd:
    return lambda record: as_bytes({**record, **changes})


def _meta(**changes: Any) -> Odd:
    return lambda record: as_bytes({**record, "meta": {**record["meta"], **changes}})


def _each_telecom(**changes: Any) -> Odd:
    return lambda record: as_bytes(
        {**record, "telecom": [{**point, **changes} for point in record["telecom"]]}
    )


def _one_more_telecom(point: Any) -> Odd:
    return lambda record: as_bytes({**record, "telecom": [point, *record["telecom"]]})


def _born_at_midnight(record: Record) -> bytes:
    return as_bytes({**record, "birthDate": record["birthDate"] + "T00:00:00"})


def _never_changed(record: Record) -> bytes:
    return as_bytes({**record, "meta": {"versionId": record["meta"]["versionId"]}})


def _label(system: str, code: str) -> Record:
    return {"security": [{"system": system, "code": code}]}


def _and(first: Mapping[str, Any], odd: Odd) -> Odd:
    return lambda record: odd({**record, **first})


def _labelled(label: tuple[str, str], odd: Odd) -> Odd:
    return lambda record: odd({**record, "meta": {**record["meta"], **_label(*label)}})


def _replaced(other: Any) -> Mapping[str, Any]:
    return {"link": [{"type": "replaced-by", "other": other}]}


def _without(element: str, odd: Odd) -> Odd:
    return lambda record: odd({name: value for name, value in record.items() if name != element})


NO_STOP: Mapping[str, Odd] = {
    "birth date with a time": _born_at_midnight,
    "gender of one letter": _with(gender="F"),
    "gender that is a number": _with(gender=7),
    "rank in words": _each_telecom(rank="first"),
    "rank of nought": _each_telecom(rank=0),
    "period without a zone": _each_telecom(period={"start": "2020-01-01T08:00:00"}),
    "period of another country": _each_telecom(period={"start": "31.12.2019"}),
    "period that is a text": _each_telecom(period="always"),
    "phone that is a number": _one_more_telecom({"system": "phone", "value": 225550199}),
    "telecom that is a text": _one_more_telecom("22 555 01 99"),
    "telecom of no kind": _one_more_telecom({"value": "22 555 01 99"}),
    "language that is a text": _with(communication="pl"),
    "language of nothing": _with(communication=[{"language": {"coding": "pl"}}]),
    "half an emoji": _with(name=[{"family": _CUT_EMOJI, "given": ["Ola"]}]),
    "U+0000": _with(name=[{"family": "Ola\0", "given": ["Ola"]}]),
    "Latin-1": _with(name=[{"family": f"G{_LATIN_1}ra", "given": ["Ola"]}]),
    "Latin-1 in the street": _with(address=[{"line": [f"G{_LATIN_1}rna 1"], "city": "Warszawa"}]),
    "BOM in a text": _with(name=[{"family": "\ufeffGóra", "given": ["Ola"]}]),
    "no lastUpdated": _never_changed,
    "lastUpdated without a zone": _meta(lastUpdated="2026-09-01T08:00:00"),
    "U+0000 in the version": _meta(versionId="1\0"),
    "identifier that is none": _with(identifier={"value": 7}),
    "contact that is a text": _with(contact="mother"),
    "address that is a text": _with(address="Warszawa"),
    "active in words": _with(active="true"),
}
"""Odd Patients of whom nothing stops us."""

STOPPED: Mapping[str, Odd] = {
    "dead, born on no day": _and({"deceasedBoolean": True}, _with(birthDate="1980-02-31")),
    "dead in words": _and({"deceasedBoolean": "true"}, _with(gender="F")),
    "dead on no day": _and({"deceasedDateTime": "spring 2025"}, _each_telecom(rank="first")),
    "dead at a time without a zone": _and(
        {"deceasedDateTime": "2025-05-01T12:00:00"}, _each_telecom(period="always")
    ),
    "dead, nobody knows when": _and(
        {"_deceasedDateTime": {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}},
        _with(communication="pl"),
    ),
    "dead and not": _and({"deceasedBoolean": False, "deceasedDateTime": "2025"}, _with(name=_CUT_EMOJI)),
    "dead, cut emoji": _and({"deceasedBoolean": True}, _with(address=[{"city": _CUT_EMOJI}])),
    "dead, U+0000": _and({"deceasedBoolean": True}, _meta(versionId="1\0")),
    "dead, Latin-1": _and({"deceasedDateTime": "2025-05"}, _with(name=[{"family": f"G{_LATIN_1}ra"}])),
    "dead, never changed": _and({"deceasedDateTime": "2025-05-01"}, _never_changed),
    "perhaps dead": _with(deceasedBoolean={"value": True}, birthDate="31.12.1980"),
    "merged": _and(_replaced({"reference": "Patient/patient-00001"}), _born_at_midnight),
    "merged into nobody": _and(_replaced({"display": "the other one"}), _with(gender=7)),
    "merged elsewhere": _and(
        _replaced({"reference": "https://elsewhere.example/Patient/1"}), _with(identifier={})
    ),
    "inactive in words": _and({"active": "false"}, _each_telecom(rank=-1)),
    "perhaps inactive": _and({"active": "nie"}, _with(communication=["pl"])),
    "test record": _labelled(_TEST, _with(name=[{"family": f"T{_LATIN_1}st"}])),
    "test record in small letters": _labelled((_TEST[0], "htest"), _with(birthDate="x")),
    "very restricted": _labelled(_RESTRICTED, _with(telecom={})),
    "very restricted, born at midnight": _labelled(_RESTRICTED, _born_at_midnight),
    "labelled in words": _meta(security=["secret"]),
}
"""Odd Patients who are not written to."""

UNREADABLE: Mapping[str, Odd] = {
    "a bracket is missing": lambda record: as_bytes({**record, "deceasedBoolean": True})[:-1],
    "a quote is missing": lambda record: as_bytes(record).replace(b'"gender": "', b'"gender": ', 1),
    "a BOM before it": lambda record: b"\xef\xbb\xbf" + as_bytes(record),
}
"""Patients of whom nothing is known: each costs itself."""


def _provided(consent: Record, **changes: Any) -> Record:
    return {**consent, "provision": {**consent["provision"], **changes}}


def _deny(odd: Odd) -> Odd:
    return lambda consent: odd(_provided(consent, type="deny"))


REFUSING: Mapping[str, Odd] = {
    "refusal of an unknown status": _deny(_with(status="aktiv")),
    "refusal at no time": _deny(_with(dateTime="31.12.2025")),
    "refusal without a zone": _deny(_with(dateTime="2026-01-01T08:00:00")),
    "refusal without end": _deny(lambda one: as_bytes(_provided(one, period="always"))),
    "refusal with Latin-1": _deny(_with(policyRule={"text": f"zg{_LATIN_1}da"})),
    "refusal by exception": lambda one: as_bytes(
        _provided(one, provision=[{"type": "deny", "code": one["provision"]["code"]}])
    ),
    "permit of an unknown status": _with(status="aktiv"),
}
"""Consents to recall, given before, which are none."""

UNREADABLE_CONSENTS: Mapping[str, Odd] = {
    "permit at no time": _with(dateTime="31.12.2025"),
    "permit of what nobody knows": lambda one: as_bytes(
        _provided(one, purpose=[{**one["provision"]["purpose"][0], "code": "parties"}])
    ),
}
"""They hold their patient."""

UNREADABLE_VISITS: Mapping[str, Odd] = {
    "unknown status": _with(status="przełożona"),
    "participants in words": _with(participant=["the patient", {"actor": "the doctor"}]),
}
"""The first holds its patient; the second does not say whose it is."""

SPARED_VISITS: tuple[Odd, ...] = (
    _with(end="later"),
    _with(identifier=[{"value": _CUT_EMOJI}]),
    _with(comment=f"p{_LATIN_1}zno"),
    _with(serviceType="cardiology"),
    _never_changed,
)
"""Appointments whose start, status and patient read all the same."""

UNFIT_SLOTS: tuple[Odd, ...] = (
    lambda slot: as_bytes({**slot, "end": slot["end"][:19]}),
    _with(start="soon"),
    _with(overbooked=True),
    _without("end", as_bytes),
    _with(schedule={"reference": "https://elsewhere.example/Schedule/1"}),
)
"""Slots that nobody may be offered; the first is without a zone."""


def _ends_before_it_starts(slot: Record) -> bytes:
    return as_bytes({**slot, "start": slot["end"], "end": slot["start"]})


FAULTY_SLOTS: Mapping[str, Odd] = {
    "no end": _without("end", as_bytes),
    "ends before it starts": _ends_before_it_starts,
    "ends when it starts": lambda slot: as_bytes({**slot, "end": slot["start"]}),
    "starts at no instant": _with(start="jutro rano"),
    "starts without a zone": lambda slot: as_bytes({**slot, "start": slot["start"][:19]}),
    "unknown status": _with(status="wolny"),
    "busy by now": _with(status="busy"),
    "overbooked": _with(overbooked=True, comment="podwójnie zajęte"),
    "schedule that is gone": _with(schedule={"reference": "Schedule/gone"}),
}
"""A search finds each of them as free, and nobody may be offered it."""

OUT_OF_USE = _with(active=False)
"""A Schedule of which nothing may be offered."""
