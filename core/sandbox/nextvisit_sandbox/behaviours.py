"""How patients are: one table of characters, and who has which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Character(StrEnum):
    """A patient's character; the names are what a configuration may give to a patient id."""

    MAIL_YES = "mail_yes"
    MAIL_OTHER_TIMES = "mail_other_times"
    MAIL_STOP = "mail_stop"
    MAIL_QUESTION = "mail_question"
    MAIL_TOO_EXPENSIVE = "mail_too_expensive"
    SMS_YES = "sms_yes"
    SMS_DATE = "sms_date"
    SMS_STOP = "sms_stop"
    SMS_QUESTION = "sms_question"
    SMS_TOO_EXPENSIVE = "sms_too_expensive"
    BOUNCES = "bounces"
    UNDELIVERABLE = "undeliverable"
    REMINDER = "reminder"
    DIES = "dies"
    PHONES_RECEPTION = "phones_reception"
    OPENS = "opens"
    SCANNED = "scanned"
    SILENT = "silent"


class Wish(Enum):
    """What a patient answers to an invitation."""

    VISIT = auto()
    OTHER_TIMES = auto()
    DATE = auto()
    STOP = auto()
    QUESTION = auto()
    TOO_EXPENSIVE = auto()
    NOTHING = auto()


class MailHabit(Enum):
    """What a patient does with mail."""

    ANSWERS = auto()
    OPENS = auto()
    SCANNED = auto()
    """The patient ignores it; a scanner in front of the mailbox fetches the link."""
    IGNORES = auto()


@dataclass(frozen=True, slots=True)
class Trait:
    """One row of the table."""

    weight: int
    wish: Wish
    mail: MailHabit = MailHabit.IGNORES
    bounces: bool = False
    reachable: bool = True
    waits_for_reminder: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one patient is like."""

    character: Character
    trait: Trait
    mail: MailHabit


# Weights are percent of the patients who are written to.
TABLE: Final[Mapping[Character, Trait]] = {
    Character.MAIL_YES: Trait(22, Wish.VISIT, MailHabit.ANSWERS),
    Character.MAIL_OTHER_TIMES: Trait(3, Wish.OTHER_TIMES, MailHabit.ANSWERS),
    Character.MAIL_STOP: Trait(3, Wish.STOP, MailHabit.ANSWERS),
    Character.MAIL_QUESTION: Trait(3, Wish.QUESTION, MailHabit.ANSWERS),
    Character.MAIL_TOO_EXPENSIVE: Trait(2, Wish.TOO_EXPENSIVE, MailHabit.ANSWERS),
    Character.SMS_YES: Trait(20, Wish.VISIT),
    Character.SMS_DATE: Trait(10, Wish.DATE),
    Character.SMS_STOP: Trait(3, Wish.STOP),
    Character.SMS_QUESTION: Trait(3, Wish.QUESTION),
    Character.SMS_TOO_EXPENSIVE: Trait(3, Wish.TOO_EXPENSIVE),
    Character.BOUNCES: Trait(3, Wish.VISIT, bounces=True),
    Character.UNDELIVERABLE: Trait(2, Wish.NOTHING, reachable=False),
    Character.REMINDER: Trait(10, Wish.VISIT, MailHabit.ANSWERS, waits_for_reminder=True),
    Character.DIES: Trait(3, Wish.NOTHING),
    Character.PHONES_RECEPTION: Trait(3, Wish.NOTHING),
    Character.OPENS: Trait(2, Wish.NOTHING, MailHabit.OPENS),
    Character.SCANNED: Trait(2, Wish.NOTHING, MailHabit.SCANNED),
    Character.SILENT: Trait(3, Wish.NOTHING),
}
_SCANNED_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Behaviours:
    """Who is like what: a pure function of the seed and the patient's FHIR id."""

    seed: int
    given: Mapping[str, Character]
    """Patients whose character is set instead of drawn."""

    def of(self, patient: str) -> Behaviour:
        """The behaviour of a patient id."""
        character = self.given.get(patient) or _by_weight(self.chance(patient, "character"))
        trait = TABLE[character]
        mail = trait.mail
        if mail is MailHabit.IGNORES and self.chance(patient, "scanner") < _SCANNED_SHARE:
            mail = MailHabit.SCANNED
        return Behaviour(character, trait, mail)

    def chance(self, patient: str, about: str) -> float:
        """A number in [0, 1) that is always the same for the same question."""
        digest = blake2b(f"{self.seed}/{patient}/{about}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


def dealt(seed: int, patients: Sequence[str]) -> dict[str, Character]:
    """A character for each of these few: dealt out by weight in an order of the seed, instead of drawn.

    Drawing may leave a character out among few; dealing has every one of them among fifty.
    """
    chance = Behaviours(seed, {}).chance
    order = sorted(patients, key=lambda each: chance(each, "deal"))
    return {each: _by_weight((nth + 0.5) / len(order)) for nth, each in enumerate(order)}


def _by_weight(share: float) -> Character:
    """Whom the table has at this share, from 0 to 1, of its weights."""
    left = share * sum(trait.weight for trait in TABLE.values())
    for character, trait in TABLE.items():
        left -= trait.weight
        if left < 0:
            return character
    return Character.SILENT
