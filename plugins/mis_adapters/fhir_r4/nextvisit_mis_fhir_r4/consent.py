"""FHIR Consent (R4) → Consent.

Purposes and channels are codings of two code systems that the settings name, wherever in the provision they
stand. What refuses is read wherever it stands; what permits must be understood wholly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from nextvisit.sdk.channels import NAME
from nextvisit.sdk.records import ChannelKind, Consent, Deleted, MisRef, Purpose
from nextvisit_mis_fhir_r4.modifiers import is_modified_within
from nextvisit_mis_fhir_r4.oddities import Oddities
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    codings,
    earliest,
    items,
    latest,
    node,
    reference,
    text,
)
from nextvisit_mis_fhir_r4.stops import flag, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, tzinfo

    from nextvisit_mis_fhir_r4.stamp import Stamp
    from nextvisit_mis_fhir_r4.words import Words

_PLACES: Final = ("purpose", "code", "class", "action")
# https://hl7.org/fhir/R4/valueset-consent-state-codes.html; of these only `active` is in force.
_STATES: Final = {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}
# http://terminology.hl7.org/CodeSystem/v3-ActCode: opt-out, opt-out with exceptions, no consent.
_REFUSING: Final = {"OPTOUT", "OPTOUTE", "NOCONSENT"}
# What names one way to reach somebody, and no other. `phone`, `mobile` or `text` may mean a call or a text,
# and whoever wrote `all` meant it.
_SURELY: Final = {
    "email",
    "fax",
    "letter",
    "push",
    "signal",
    "sms",
    "telegram",
    "viber",
    "voice",
    "whatsapp",
}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one provision says about contact. decision: `permit`, `deny`, or empty when it says neither."""

    decision: str
    purposes: tuple[Purpose, ...]
    channels: tuple[ChannelKind, ...]
    period: Any
    of_contact: bool


def read_consent(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Iterator[Consent | Deleted]:
    """What it says as a whole, and what it refuses by way of exception as `Consent/x#deny-1`. Raises Unfit.

    One that is not about contact is passed over; if it was about it before, it is no more.
    """
    provision = node(resource.get("provision"))
    root = _rule(provision, resource.get("category"), words, odd, refuses=_policy_refuses(resource))
    nested = [_rule(one, None, words, odd) for one in _nested(provision)]
    if not any(rule.of_contact for rule in (root, *nested)):
        _must_be_about_something_else(resource, root, nested)
        odd.note("consent.not_about_contact")
        yield Deleted(stamp.ref)
        return
    patient = reference(resource.get("patient"), "Patient", words.base)
    if patient is None:
        raise Unfit("patient.missing")
    refusals = [_inheriting(rule, root) for rule in nested if rule.decision == "deny"]
    if any(rule.decision == "permit" for rule in nested):
        odd.note("consent.exception_left_out")
    whole = _whole(root, resource)
    rules = [*([] if whole is None else [whole]), *refusals]
    if not rules or any(not rule.decision for rule in nested):
        raise Unfit("consent.no_decision")
    for number, rule in enumerate(rules):
        ref = stamp.ref if number == 0 else MisRef(f"{stamp.ref}#deny-{number}")
        yield _said(rule, patient, resource, replace(stamp, ref=ref), odd)


def _rule(provision: Json, category: Any, words: Words, odd: Oddities, *, refuses: bool = False) -> _Rule:
    """refuses: unless it says that it permits."""
    said = [pair for place in _PLACES for pair in codings(*items(provision.get(place)))]
    said += codings(*items(category))
    decision = text(provision.get("type"))
    if decision.casefold() == "deny":
        decision = "deny"
    refuses = decision == "deny" or (refuses and decision == "")
    if refuses:
        said = [(_meant(at, code, words), code) for at, code in said]
    if decision not in {"", "permit", "deny"}:
        raise Unfit("consent.no_decision")
    purposes = _purposes(said, words.purpose_system)
    channels = [code for at, code in said if at == words.channel_system]
    return _Rule(
        decision=decision,
        purposes=purposes,
        channels=_refused(channels, odd) if refuses else _permitted(channels),
        period=provision.get("period"),
        of_contact=bool(purposes or channels),
    )


def _meant(at: str, code: str, words: Words) -> str:
    """The system that a refusal means: ours, spelt otherwise, or not named beside a code of ours."""
    for ours in (words.purpose_system, words.channel_system):
        if at and _bare(at) == _bare(ours):
            return ours
    return words.purpose_system if not at and code in {each.value for each in Purpose} else at


def _bare(system: str) -> str:
    return system.casefold().removeprefix("https://").removeprefix("http://").rstrip("/")


def _nested(provision: Json) -> Iterator[Json]:
    """The exceptions, and theirs."""
    rest = list(items(provision.get("provision")))
    while rest:
        one = node(rest.pop(0))
        yield one
        rest += items(one.get("provision"))


def _inheriting(rule: _Rule, root: _Rule) -> _Rule:
    """A refusal that names no purpose is about those of the whole, or about all."""
    return replace(
        rule,
        purposes=rule.purposes or root.purposes or tuple(Purpose),
        period=rule.period if rule.period is not None else root.period,
    )


def _whole(root: _Rule, resource: Json) -> _Rule | None:
    """The rule itself; None when it decides nothing. Its policy may refuse for it, and never permits."""
    decision = root.decision or ("deny" if _policy_refuses(resource) else "")
    if not decision:
        return None
    if decision == "permit":
        if not root.purposes:
            raise Unfit("consent.no_purpose")
        return root
    return replace(root, decision="deny", purposes=root.purposes or tuple(Purpose))


def _policy_refuses(resource: Json) -> bool:
    rule = resource.get("policyRule")
    return rule is not None and any(code.upper() in _REFUSING for _, code in codings(rule))


def _must_be_about_something_else(resource: Json, root: _Rule, nested: list[_Rule]) -> None:
    """A refusal that says of nothing what it refuses may be one of contact. Raises Unfit."""
    if not _policy_refuses(resource) and all(rule.decision != "deny" for rule in (root, *nested)):
        return
    provision = node(resource.get("provision"))
    places = [resource.get("scope"), resource.get("category"), *(provision.get(each) for each in _PLACES)]
    if not any(True for _ in codings(*(place for place in places if place is not None))):
        raise Unfit("consent.no_purpose")


def _said(rule: _Rule, patient: MisRef, resource: Json, stamp: Stamp, odd: Oddities) -> Consent:
    """A permit must not begin too early or last too long; a refusal without its times counts all the more."""
    decision: Literal["permit", "deny"] = "permit" if rule.decision == "permit" else "deny"
    time = _permitted_time if decision == "permit" else Oddities.time
    period = node(rule.period) if decision == "permit" else odd.spared("period", node, rule.period) or {}
    return Consent(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        patient=patient,
        decision=decision,
        purposes=rule.purposes,
        channels=rule.channels,
        given_at=time(odd, "decided_at", earliest, resource.get("dateTime")),
        starts_at=time(odd, "period", earliest, period.get("start")),
        expires_at=time(odd, "period", latest, period.get("end")),
        active=_in_force(resource.get("status"), decision, odd) and _unconditional(resource, decision, odd),
    )


def _unconditional(resource: Json, decision: Literal["permit", "deny"], odd: Oddities) -> bool:
    """A permit that somebody has verified, if they were asked to, for us, and in words that we know."""
    if decision == "deny" or (
        not is_modified_within(resource) and _is_verified(resource) and _is_for_us(resource)
    ):
        return True
    odd.note("consent.modified")
    return False


def _is_verified(resource: Json) -> bool:
    """One verification that succeeded is enough; several that did not are none."""
    tried = resource.get("verification")
    if not said(tried):
        return True
    return isinstance(tried, list) and any(
        isinstance(one, dict) and flag(one.get("verified")) is True for one in tried
    )


def _is_for_us(resource: Json) -> bool:
    """Whoever it is given to is the organisation that keeps it, or the patient who gives it."""
    ours = {_named(one) for one in _each(resource.get("organization"))} - {""}
    actors = [one.get("reference") for one in _each(node(resource.get("provision")).get("actor"))]
    return all(_named(one) in ours or _named(one) == _named(resource.get("patient")) for one in actors)


def _each(value: Any) -> list[Json]:
    return [one if isinstance(one, dict) else {} for one in (value if isinstance(value, list) else [])]


def _named(value: Any) -> str:
    raw = value.get("reference") if isinstance(value, dict) else None
    return raw if isinstance(raw, str) else ""


def _permitted_time(
    odd: Oddities, _: str, read: Callable[[Any, tzinfo | None], datetime | None], value: Any
) -> datetime | None:
    return odd.surely(read, value)


def _in_force(value: Any, decision: Literal["permit", "deny"], odd: Oddities) -> bool:
    status = odd.spared("status", text, value) or ""
    if status not in _STATES:
        odd.note("status.malformed")
        return decision == "deny"
    return status == "active"


def _purposes(said: list[tuple[str, str]], system: str) -> tuple[Purpose, ...]:
    found: dict[Purpose, None] = {}
    for at, code in said:
        if at == system:
            try:
                found[Purpose(code)] = None
            except ValueError:
                raise Unfit("consent.unknown_purpose") from None
    return tuple(found)


def _permitted(codes: list[str]) -> tuple[ChannelKind, ...]:
    """Any kind that can be named: which of them the site has is not the adapter's to know."""
    found: dict[ChannelKind, None] = {}
    for code in codes:
        kind = _kind(code)
        if re.fullmatch(NAME, kind) is None:
            raise Unfit("consent.unreadable_channel")
        found[ChannelKind(kind)] = None
    return tuple(found)


def _refused(codes: list[str], odd: Oddities) -> tuple[ChannelKind, ...]:
    """Kinds that surely mean one way to reach somebody; a refusal of anything else is one of every way."""
    kinds = [_kind(code) for code in codes]
    if all(kind in _SURELY for kind in kinds):
        return tuple(dict.fromkeys(map(ChannelKind, kinds)))
    odd.note("consent.channel_unclear")
    return ()


def _kind(code: str) -> str:
    return code.strip().lower().replace("-", "_")
