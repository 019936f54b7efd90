"""What the patients allow the clinic to write to them about, and where."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.population.systems import CONTACT_CHANNEL, CONTACT_PURPOSE
from nextvisit_sandbox.resource import Resource, coding, reference

if TYPE_CHECKING:
    from datetime import date
    from random import Random
    from zoneinfo import ZoneInfo

_BOTH: Final = ("email", "sms")
_Answer = tuple[str, tuple[str, ...]] | None
_NONE: _Answer = None
# (answers, weights) per purpose; no answer means that no Consent exists.
_ANSWERS: dict[str, tuple[tuple[_Answer, ...], tuple[int, ...]]] = {
    "service": (
        (("permit", _BOTH), ("permit", (*_BOTH, "voice")), ("deny", (*_BOTH, "voice")), _NONE),
        (55, 35, 2, 8),
    ),
    "recall": (
        (
            ("permit", _BOTH),
            ("permit", (*_BOTH, "voice")),
            ("permit", ("email",)),
            ("permit", ("sms",)),
            ("deny", (*_BOTH, "voice")),
            _NONE,
        ),
        (45, 30, 6, 6, 6, 7),
    ),
    "feedback": ((("permit", _BOTH), ("deny", _BOTH), _NONE), (60, 15, 25)),
    "newsletter": ((("permit", ("email",)), ("deny", ("email",)), _NONE), (35, 20, 45)),
    "marketing": ((("permit", _BOTH), ("deny", _BOTH), _NONE), (35, 30, 35)),
}


def consents(rng: Random, patient: Resource, *, today: date, zone: ZoneInfo) -> list[Resource]:
    """One Consent per purpose that this patient was asked about."""
    given = datetime.combine(today - timedelta(days=_age_in_days(rng)), time(9 + rng.randrange(9)), zone)
    made = []
    for purpose, (answers, weights) in _ANSWERS.items():
        answer = rng.choices(answers, weights)[0]
        if answer is not None:
            made.append(_consent(patient, purpose, answer[0], answer[1], given.isoformat()))
    return made


def _age_in_days(rng: Random) -> int:
    """Most were given within two and a half years, a few are older than three years."""
    return rng.randrange(3 * 366, 1500) if rng.random() < 0.08 else rng.randrange(20, 900)


def _consent(patient: Resource, purpose: str, kind: str, channels: tuple[str, ...], given: str) -> Resource:
    return {
        "resourceType": "Consent",
        "id": f"consent-{purpose}-{patient['id']}",
        "status": "active",
        "scope": {
            "coding": [coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")]
        },
        "category": [{"coding": [coding("http://loinc.org", "59284-0", "Consent Document")]}],
        "patient": reference(patient),
        "dateTime": given,
        "policyRule": {"text": "Zgoda na kontakt, wersja 3"},
        "provision": {
            "type": kind,
            "purpose": [coding(CONTACT_PURPOSE, purpose)],
            "code": [{"coding": [coding(CONTACT_CHANNEL, channel)]} for channel in channels],
        },
    }
