"""The clinic's patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.population.mailboxes import WITH_MAILBOX, a_mailbox
from nextvisit_sandbox.population.names import Gender, Language, Name, a_name
from nextvisit_sandbox.population.phones import WITHOUT_MOBILE, a_landline, a_mobile, as_written
from nextvisit_sandbox.population.systems import MRN, PESEL
from nextvisit_sandbox.resource import Resource, coding, reference

if TYPE_CHECKING:
    from random import Random

YEAR: Final = timedelta(days=365.25)
ADULT: Final = 18
RECALL_AGES: Final = (30, 65)
_OLDEST: Final = 95
_LANGUAGES: tuple[Language, ...] = ("pl", "ru", "en")
_TONGUES = {"pl": "Polish", "ru": "Russian", "en": "English"}
_STREETS = ("Lipowa", "Marszałkowska", "Puławska", "Grójecka", "Świętokrzyska", "Żelazna", "Wąwozowa")


class Fate(Enum):
    """What became of a patient's record."""

    CURRENT = auto()
    DECEASED = auto()
    MERGED = auto()
    INACTIVE = auto()


@dataclass(frozen=True, slots=True)
class Person:
    """A patient and what the generator must know about them."""

    resource: Resource
    born: date
    gender: Gender
    fate: Fate
    overdue: bool
    """Shaped for recall: 30 to 65, knows cardiology, long unseen."""

    def age_on(self, day: date) -> int:
        """In whole years."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


@dataclass(frozen=True, slots=True)
class _Kin:
    """What members of a family share."""

    language: Language
    name: Name
    digits: str | None
    address: Resource


class People:
    """Makes the patients one after another; some are kin of the one before."""

    def __init__(self, rng: Random, *, today: date, recall_share: float) -> None:
        self._rng = rng
        self._today = today
        self._recall_share = recall_share
        self._numbers: set[str] = set()
        self._previous: _Kin | None = None
        self._survivors: list[Person] = []

    def many(self, count: int) -> list[Person]:
        """`count` patients."""
        return [self._one(number) for number in range(1, count + 1)]

    def _one(self, number: int) -> Person:
        rng = self._rng
        fate = self._a_fate()
        overdue = rng.random() < self._recall_share
        gender: Gender = "female" if rng.random() < 0.54 else "male"
        born = self._a_birth_date(overdue=overdue)
        if fate is Fate.MERGED:
            return self._merged(number)
        kin = self._previous if rng.random() < 0.08 else None
        language = kin.language if kin else rng.choices(_LANGUAGES, (72, 20, 8))[0]
        name = a_name(rng, language, gender, family_index=kin.name.family_index if kin else None)
        digits = kin.digits if kin else self._a_number(language)
        address = kin.address if kin else self._an_address()
        self._previous = _Kin(language, name, digits, address)
        resource: Resource = {
            "resourceType": "Patient",
            "id": f"patient-{number:05d}",
            "identifier": self._identifiers(number, born, gender, language),
            "active": fate is not Fate.INACTIVE,
            "name": [{"use": "official", "family": name.family, "given": list(name.given)}],
            "telecom": self._telecom(number, name, digits),
            "gender": gender,
            "birthDate": born.isoformat(),
            "address": [address],
            "communication": [
                {
                    "language": {"coding": [coding("urn:ietf:bcp:47", language, _TONGUES[language])]},
                    "preferred": True,
                }
            ],
        }
        if fate is Fate.DECEASED:
            self._bury(resource, born)
        person = Person(resource, born, gender, fate, overdue)
        if fate is Fate.CURRENT:
            self._survivors.append(person)
        return person

    def _a_fate(self) -> Fate:
        fates = (Fate.DECEASED, Fate.MERGED, Fate.INACTIVE, Fate.CURRENT)
        fate = self._rng.choices(fates, (4, 2, 3, 91))[0]
        return Fate.CURRENT if fate is Fate.MERGED and not self._survivors else fate

    def _a_birth_date(self, *, overdue: bool) -> date:
        rng = self._rng
        if overdue:
            youngest, oldest = RECALL_AGES
            # A quarter of a year away from either edge, so that a long demo does not move them out.
            years = rng.uniform(youngest + 0.25, oldest - 0.25)
        else:
            years = min(rng.triangular(0, _OLDEST, 45), _OLDEST - 0.1)
        return self._today - YEAR * years

    def _a_number(self, language: Language) -> str | None:
        return None if self._rng.random() < WITHOUT_MOBILE else a_mobile(self._rng, language, self._numbers)

    def _an_address(self) -> Resource:
        rng = self._rng
        line = f"ul. {rng.choice(_STREETS)} {rng.randrange(1, 120)}/{rng.randrange(1, 60)}"
        postcode = f"0{rng.randrange(5)}-{rng.randrange(100, 999)}"
        return {"line": [line], "city": "Warszawa", "postalCode": postcode, "country": "PL"}

    def _telecom(self, number: int, name: Name, digits: str | None) -> list[Resource]:
        rng = self._rng
        telecom: list[Resource] = []
        if digits is None:
            if rng.random() < 0.5:
                telecom.append({"system": "phone", "value": a_landline(rng), "use": "home"})
        else:
            telecom.append({"system": "phone", "value": as_written(rng, digits), "use": "mobile"})
        if rng.random() < WITH_MAILBOX:
            address = a_mailbox(rng, name.given[0], name.family, number)
            telecom.append({"system": "email", "value": address, "use": "home"})
        return telecom

    def _identifiers(self, number: int, born: date, gender: Gender, language: Language) -> list[Resource]:
        made: list[Resource] = [{"use": "usual", "system": MRN, "value": f"{100_000 + number}"}]
        if language == "pl" and self._rng.random() < 0.8:
            made.append({"use": "official", "system": PESEL, "value": self._pesel_like(born, gender)})
        return made

    def _pesel_like(self, born: date, gender: Gender) -> str:
        """A number of a PESEL's shape whose check digit is wrong on purpose: it can be nobody's."""
        month = born.month + (20 if born.year >= 2000 else 0)
        serial = self._rng.randrange(0, 10_000, 2) + (gender == "male")
        digits = f"{born.year % 100:02d}{month:02d}{born.day:02d}{serial % 10_000:04d}"
        weighted = sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))
        return f"{digits}{(11 - weighted) % 10}"

    def _bury(self, resource: Resource, born: date) -> None:
        rng = self._rng
        if rng.random() < 0.5:
            died = max(born, self._today - timedelta(days=rng.randrange(1, 1400)))
            resource["deceasedDateTime"] = died.isoformat()
        else:
            resource["deceasedBoolean"] = True

    def _merged(self, number: int) -> Person:
        """A second record of somebody who is there already, replaced by the first."""
        first = self._rng.choice(self._survivors)
        copied = ("name", "telecom", "gender", "birthDate", "address", "communication")
        resource: Resource = {
            "resourceType": "Patient",
            "id": f"patient-{number:05d}",
            "identifier": [{"use": "old", "system": MRN, "value": f"{100_000 + number}"}],
            "active": False,
            **{key: first.resource[key] for key in copied},
            "link": [{"other": reference(first.resource), "type": "replaced-by"}],
        }
        return Person(resource, first.born, first.gender, Fate.MERGED, overdue=False)
