"""FHIR Consent (R4) → Consent.

Purposes and channels are codings of two code systems that the settings name, wherever in the
provision they stand. What we cannot understand wholly is Unfit: half a consent is worse than none.
"""

from __future__ import annotations

import re
from typing import Literal

from nextvisit.sdk.channels import NAME
from nextvisit.sdk.records import ChannelKind, Consent, Purpose
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    codings,
    earliest,
    items,
    latest,
    node,
    ref_of,
    reference,
    text,
    version_of,
)

_PLACES = ("purpose", "code", "class", "action")


def read_consent(resource: Json, base: str, purpose_system: str, channel_system: str) -> Consent:
    """One Consent. Raises Unfit."""
    version, updated = version_of(resource)
    patient = reference(resource.get("patient"), "Patient", base)
    if patient is None:
        raise Unfit("patient.missing")
    provision = node(resource.get("provision"))
    if items(provision.get("provision")):
        raise Unfit("consent.exceptions")
    said = [pair for place in _PLACES for pair in codings(*items(provision.get(place)))]
    said += codings(*items(resource.get("category")))
    purposes = _purposes(said, purpose_system)
    if not purposes:
        raise Unfit("consent.no_purpose")
    return Consent(
        ref=ref_of(resource, "Consent"),
        version=version,
        updated_at=updated,
        patient=patient,
        decision=_decision(provision),
        purposes=purposes,
        channels=_channels(said, channel_system),
        given_at=earliest(resource.get("dateTime")),
        expires_at=latest(node(provision.get("period")).get("end")),
        active=text(resource.get("status")) == "active",
    )


def _decision(provision: Json) -> Literal["permit", "deny"]:
    match text(provision.get("type")):
        case "permit":
            return "permit"
        case "deny":
            return "deny"
        case _:
            raise Unfit("consent.no_decision")


def _purposes(said: list[tuple[str, str]], system: str) -> tuple[Purpose, ...]:
    found: dict[Purpose, None] = {}
    for at, code in said:
        if at == system:
            try:
                found[Purpose(code)] = None
            except ValueError:
                raise Unfit("consent.unknown_purpose") from None
    return tuple(found)


def _channels(said: list[tuple[str, str]], system: str) -> tuple[ChannelKind, ...]:
    """Any kind that can be named: which of them the site has is not the adapter's to know."""
    found: dict[ChannelKind, None] = {}
    for at, code in said:
        if at == system:
            kind = code.lower().replace("-", "_")
            if re.fullmatch(NAME, kind) is None:
                raise Unfit("consent.unreadable_channel")
            found[ChannelKind(kind)] = None
    return tuple(found)
