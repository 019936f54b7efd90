"""What patients and related persons have in common: names, contact points, addresses, languages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nextvisit.sdk.records import Address, ContactPoint, HumanName
from nextvisit_mis_fhir_r4.primitives import Json, codings, earliest, items, latest, node, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from nextvisit_mis_fhir_r4.oddities import Oddities
    from nextvisit_mis_fhir_r4.stamp import Stamp

Part = TypeVar("Part")

_TEXTED: Final = "sms"
"""FHIR tells a phone that is for texts from others; whether texts arrive is for a channel to say."""
_NAME_USES: Final = ("official", "usual", "")
_ADDRESS_USES: Final = ("home", "", "temp", "work", "billing")
# Who answers for a minor. http://terminology.hl7.org/CodeSystem/v3-RoleCode has parents by birth and by
# adoption and guardians; http://terminology.hl7.org/CodeSystem/v2-0063 has GRD and PAR. Foster parents,
# step-parents and grandparents are none by that alone.
_GUARDIANS: Final = frozenset(
    [
        "GUARD",
        "PRN",
        "NPRN",
        "MTH",
        "NMTH",
        "GESTM",
        "FTH",
        "NFTH",
        "ADOPTP",
        "ADOPTF",
        "ADOPTM",
        "GRD",
        "PAR",
    ]
)


def is_guardian(value: Any) -> bool:
    """Whether one of these relationships makes a guardian. Raises Unfit."""
    return any(code in _GUARDIANS for _, code in codings(*items(value)))


def read_name(value: Any, stamp: Stamp, odd: Oddities) -> HumanName | None:
    """The official name, else the usual one, else any; the old ones are none."""
    found = [
        (use, name)
        for use, name in _parts("name", value, partial(_human_name, odd=odd), stamp, odd)
        if name.family or name.given or name.text
    ]
    for wanted in _NAME_USES:
        for use, name in found:
            if use == wanted:
                return name
    return found[0][1] if found else None


def read_address(value: Any, stamp: Stamp, odd: Oddities) -> Address | None:
    """Where the patient lives, else another address that is in use."""
    found = list(_parts("address", value, _postal, stamp, odd))
    for wanted in _ADDRESS_USES:
        for use, address in found:
            if use == wanted:
                return address
    return None


def read_contact_points(value: Any, odd: Oddities) -> tuple[ContactPoint, ...]:
    """Each that can be read, with its period: whether it is over is for the day that it is used."""
    found: list[ContactPoint] = []
    for one in odd.spared("telecom", items, value) or []:
        part = odd.spared("telecom", node, one) or {}
        raw = odd.spared("telecom", text, part.get("value"))
        if not raw:
            continue
        system = odd.spared("telecom", text, part.get("system"))
        if not system:
            odd.note("telecom.malformed")
            continue
        starts, ends = read_period(part, odd)
        found.append(
            ContactPoint(
                kind="phone" if system == _TEXTED else system,
                value=raw,
                use=odd.spared("telecom", text, part.get("use")) or None,
                rank=_rank(part.get("rank"), odd),
                starts=starts,
                ends=ends,
            )
        )
    return tuple(found)


def read_languages(value: Any, odd: Oddities) -> tuple[str, ...]:
    """The preferred ones first."""
    preferred: list[str] = []
    others: list[str] = []
    for one in odd.spared("language", items, value) or []:
        part = odd.spared("language", node, one) or {}
        code = odd.spared("language", _code, part.get("language"))
        if code:
            (preferred if part.get("preferred") is True else others).append(code)
    return tuple(dict.fromkeys(preferred + others))


def _code(value: Any) -> str:
    return next((code for _, code in codings(value)), "")


def _parts(
    element: str,
    value: Any,
    read: Callable[[Json], Part],
    stamp: Stamp,
    odd: Oddities,
) -> Iterator[tuple[str, Part]]:
    """(use, part) of each that can be read and was not over when this version came to be."""
    for one in odd.spared(element, items, value) or []:
        part = odd.spared(element, node, one)
        if part is None or part.get("use") == "old":
            continue
        _, ends = read_period(part, odd)
        if ends is not None and stamp.changed_at is not None and ends < stamp.changed_at:
            continue
        found = odd.spared(element, read, part)
        if found is not None:
            yield odd.spared(element, text, part.get("use")) or "", found


def read_period(part: Json, odd: Oddities) -> tuple[datetime | None, datetime | None]:
    """When what it stands in begins and is over; None where it does not say."""
    if "period" not in part:
        return None, None
    period = odd.spared("period", node, part["period"]) or {}
    return (
        odd.time("period", earliest, period.get("start")),
        odd.time("period", latest, period.get("end")),
    )


def _rank(value: Any, odd: Oddities) -> int | None:
    if value is None:
        return None
    if type(value) is not int or value < 1:
        odd.note("rank.malformed")
        return None
    return value


def _human_name(part: Json, *, odd: Oddities) -> HumanName:
    given = [odd.spared("name", text, one) for one in odd.spared("name", items, part.get("given")) or []]
    return HumanName(
        family=odd.spared("name", text, part.get("family")) or "",
        given=tuple(filter(None, given)),
        text=odd.spared("name", text, part.get("text")) or "",
    )


def _postal(part: Json) -> Address:
    lines = tuple(line for line in map(text, items(part.get("line"))) if line)
    return Address(
        lines=lines or tuple(filter(None, [text(part.get("text"))])),
        city=text(part.get("city")),
        postal_code=text(part.get("postalCode")),
        country=text(part.get("country")),
    )
