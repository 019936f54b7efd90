"""FHIR RelatedPerson → RelatedPerson."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nextvisit.sdk.records import RelatedPerson
from nextvisit_mis_fhir_r4.modifiers import UNKNOWN, is_modified
from nextvisit_mis_fhir_r4.person import (
    is_guardian,
    read_contact_points,
    read_languages,
    read_name,
    read_period,
)
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, reference
from nextvisit_mis_fhir_r4.stops import flag, said

if TYPE_CHECKING:
    from nextvisit_mis_fhir_r4.oddities import Oddities
    from nextvisit_mis_fhir_r4.stamp import Stamp
    from nextvisit_mis_fhir_r4.words import Words


def read_related_person(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> RelatedPerson:
    """One RelatedPerson. Raises Unfit."""
    patient = reference(resource.get("patient"), "Patient", words.base)
    if patient is None:
        raise Unfit("patient.missing")
    relationship = resource.get("relationship")
    starts, ends = read_period(resource, odd)
    return RelatedPerson(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        patient=patient,
        guardian=odd.spared("relationship", is_guardian, relationship) or False,
        name=read_name(resource.get("name"), stamp, odd),
        languages=read_languages(resource.get("communication"), odd),
        contact_points=read_contact_points(resource.get("telecom"), odd),
        active=_active(resource, odd),
        starts=starts,
        ends=ends,
    )


def _active(resource: Json, odd: Oddities) -> bool:
    """A guardian may be written to about somebody else: what cannot be understood makes none."""
    if is_modified(resource):
        odd.note(UNKNOWN)
        return False
    active = flag(resource.get("active")) if said(resource.get("active")) else True
    if active is None:
        odd.note("active.malformed")
    return active is True
