"""Whose mailbox and whose phone it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nextvisit_sandbox.population.phones import digits_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nextvisit_sandbox.resource import Resource


@dataclass(frozen=True, slots=True)
class Owner:
    """The patient who reads what comes to an address."""

    patient: str
    language: str


class AddressBook:
    """An address that several patients share belongs to the first of them by id."""

    def __init__(self, patients: Iterable[Resource]) -> None:
        self._mailboxes: dict[str, Owner] = {}
        self._phones: dict[str, Owner] = {}
        for patient in sorted(patients, key=lambda each: str(each["id"])):
            owner = Owner(patient["id"], _language(patient))
            for point in patient.get("telecom", ()):
                if point.get("system") == "email":
                    self._mailboxes.setdefault(point["value"].lower(), owner)
                elif point.get("system") == "phone":
                    self._phones.setdefault(digits_of(point["value"]), owner)

    def of_mailbox(self, address: str) -> Owner | None:
        """Who reads this mailbox."""
        return self._mailboxes.get(address.lower())

    def of_phone(self, digits: str) -> Owner | None:
        """Who holds this phone; the number in international digits."""
        return self._phones.get(digits)


def _language(patient: Resource) -> str:
    for each in patient.get("communication", ()):
        for coding in each.get("language", {}).get("coding", ()):
            return str(coding.get("code", "")).partition("-")[0]
    return "pl"
