"""What people from files lack to be patients of this clinic.

A file such as Synthea's tells who people are and what happened to them. It does not tell how to reach them:
its phones (555-…) are nobody's, there is no e-mail address, nobody was asked what they may be written, and no
visit names its specialty. Without these nobody could be invited; so they are made up here, from the seed:

- a mobile number and an address at an `.example` domain, unless the file has one; as among the synthetic
  people, some get none;
- consents, unless the files hold a consent of this patient; here too some were not asked, and some say no;
- the specialty of an ambulatory visit that names none, where the code of its type does.

What the files say stays as it is: names, birth dates, deaths, visits and their days, and the phones that
nobody can dial, of which every hospital's records have some.
"""

from __future__ import annotations

from itertools import count
from random import Random
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from nextvisit_sandbox.population.consents import consents
from nextvisit_sandbox.population.mailboxes import WITH_MAILBOX, a_mailbox
from nextvisit_sandbox.population.people import RECALL_AGES
from nextvisit_sandbox.population.phones import WITHOUT_MOBILE, a_mobile, as_written
from nextvisit_sandbox.population.specialties import Specialty
from nextvisit_sandbox.population.systems import SNOMED, ZONE
from nextvisit_sandbox.resource import Resource, codings_of, patient_of, reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

MOST_VISITED: Final = Specialty.GENERAL_PRACTICE
"""What such files have most visits of; reception books it for those who phone."""

# Types of encounters that name a specialty, or are what a general practitioner is there for. "Encounter for
# problem", "Follow-up encounter", "Well child visit" and the like may be anybody's.
_SPECIALTIES: Final[Mapping[str, Specialty]] = {
    "162673000": Specialty.GENERAL_PRACTICE,  # General examination of patient
    "185345009": Specialty.GENERAL_PRACTICE,  # Encounter for symptom
    "185349003": Specialty.GENERAL_PRACTICE,  # Encounter for check up
    "424441002": Specialty.GYNAECOLOGY,  # Prenatal initial visit
    "424619006": Specialty.GYNAECOLOGY,  # Prenatal visit
    "169762003": Specialty.GYNAECOLOGY,  # Postnatal visit
    "310061009": Specialty.GYNAECOLOGY,  # Gynecology service
}
_AMBULATORY: Final = "AMB"


def adopt(resources: Sequence[Resource], *, seed: int, today: date) -> list[Resource]:
    """The files' resources, made whole; the same arguments give the same list. None is changed in place."""
    rng = Random(seed)
    zone = ZoneInfo(ZONE)
    asked = {patient_of(each) for each in resources if each["resourceType"] == "Consent"}
    numbers: set[str] = set()
    nth = count(1)
    made: list[Resource] = []
    for resource in resources:
        match resource["resourceType"]:
            case "Patient":
                made.append(_reachable(rng, resource, next(nth), numbers))
                if reference(resource)["reference"] not in asked:
                    made.extend(consents(rng, resource, today=today, zone=zone))
            case "Encounter":
                made.append(_with_specialty(resource))
            case _:
                made.append(resource)
    return made


def likely_invited(patients: Sequence[Resource], today: date) -> list[str]:
    """Ids of those whose year of birth makes them as old as the patients whom clinics call back."""
    youngest, oldest = RECALL_AGES
    years = {str(today.year - age) for age in range(youngest, oldest + 1)}
    return [each["id"] for each in patients if str(each.get("birthDate"))[:4] in years]


def _reachable(rng: Random, patient: Resource, nth: int, numbers: set[str]) -> Resource:
    telecom = list(patient.get("telecom", ()))
    has_mobile = any(each.get("system") == "phone" and each.get("use") == "mobile" for each in telecom)
    has_mailbox = any(each.get("system") == "email" for each in telecom)
    if not has_mobile and rng.random() >= WITHOUT_MOBILE:
        written = as_written(rng, a_mobile(rng, "pl", numbers))
        telecom.append({"system": "phone", "value": written, "use": "mobile"})
    if not has_mailbox and rng.random() < WITH_MAILBOX:
        name: Resource = next(iter(patient.get("name", ())), {})
        address = a_mailbox(rng, next(iter(name.get("given", ())), ""), name.get("family", ""), nth)
        telecom.append({"system": "email", "value": address, "use": "home"})
    return {**patient, "telecom": telecom} if telecom else patient


def _with_specialty(encounter: Resource) -> Resource:
    # A stay or an emergency, whatever its reason, is no visit that could be booked again.
    if "serviceType" in encounter or encounter.get("class", {}).get("code") != _AMBULATORY:
        return encounter
    for type_ in codings_of(encounter, "type"):
        if type_.get("system") == SNOMED and type_.get("code") in _SPECIALTIES:
            return {**encounter, "serviceType": _SPECIALTIES[type_["code"]].value.concept()}
    return encounter
