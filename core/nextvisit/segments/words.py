"""A predicate in words, for whoever approves a campaign or asks why somebody was contacted."""

from __future__ import annotations

from typing import assert_never

from nextvisit.segments.model import (
    Age,
    AllOf,
    AnyOf,
    Has,
    HasWhat,
    Language,
    LastVisit,
    Not,
    Predicate,
    SexIs,
    Tagged,
    Visited,
)

_HAS: dict[HasWhat, str] = {
    "future_appointment": "an appointment ahead",
    "email": "an e-mail address on record",
    "phone": "a phone number on record",
}


def in_words(predicate: Predicate) -> str:  # noqa: C901  # one arm a kind
    """One line: `aged 30 to 65, and without an appointment ahead`. What belongs together is in brackets."""
    match predicate:
        case AllOf(parts):
            return _joined(parts, ", and ", none="everybody")
        case AnyOf(parts):
            return _joined(parts, ", or ", none="nobody")
        case Not(Has(what)):
            return f"without {_HAS[what]}"
        case Not(part):
            return f"not {_bracketed(part)}"
        case LastVisit():
            return _last_visit(predicate)
        case Age():
            return _age(predicate)
        case Visited():
            within = "" if predicate.within is None else f" within {predicate.within}"
            return f"was in {_plain(predicate.specialty)}{within}"
        case Has(what):
            return f"with {_HAS[what]}"
        case Language(languages):
            return f"speaks {' or '.join(languages)}"
        case SexIs(sexes):
            return f"sex {' or '.join(sexes)}"
        case Tagged(label, campaign):
            return f"tagged {label}" if campaign is None else f"tagged {label} in the campaign {campaign}"
        case _:
            assert_never(predicate)


def _joined(parts: tuple[Predicate, ...], word: str, *, none: str) -> str:
    if not parts:
        return none
    return in_words(parts[0]) if len(parts) == 1 else word.join(map(_bracketed, parts))


def _bracketed(part: Predicate) -> str:
    several = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1
    return f"({in_words(part)})" if several else in_words(part)


def _last_visit(visit: LastVisit) -> str:
    where = "" if visit.specialty is None else f" in {_plain(visit.specialty)}"
    when = [f"more than {visit.over} ago"] if visit.over is not None else []
    when += [f"within {visit.within}"] if visit.within is not None else []
    return f"last {_plain(visit.status.value)} visit{where} {' and '.join(when)}".rstrip()


def _age(age: Age) -> str:
    match (age.from_, age.to):
        case (None, None):
            return "of known age"
        case (youngest, None):
            return f"aged {youngest} or older"
        case (None, oldest):
            return f"aged {oldest} or younger"
        case (youngest, oldest):
            return f"aged {youngest} to {oldest}"


def _plain(name: str) -> str:
    return name.replace("_", " ")
