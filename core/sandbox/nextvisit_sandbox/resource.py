"""FHIR resources as the sandbox keeps them: plain JSON objects, made by hand."""

from __future__ import annotations

from typing import Any, TypeAlias

Resource: TypeAlias = dict[str, Any]


def coding(system: str, code: str, display: str | None = None) -> Resource:
    """A Coding."""
    made: Resource = {"system": system, "code": code}
    if display is not None:
        made["display"] = display
    return made


def reference(resource: Resource) -> Resource:
    """A literal Reference to a resource."""
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def patient_of(resource: Resource) -> str | None:
    """`Patient/<id>` that a resource is about, where it names one."""
    for key in ("patient", "subject", "beneficiary"):
        if key in resource:
            found: str | None = resource[key].get("reference")
            return found
    for participant in resource.get("participant", ()):
        ref: str = participant.get("actor", {}).get("reference", "")
        if ref.startswith("Patient/"):
            return ref
    return None


def codings_of(resource: Resource, element: str) -> list[Resource]:
    """The Codings of all CodeableConcepts in a list, where there is one of that name."""
    concepts = resource.get(element, ())
    if not isinstance(concepts, list):
        return []
    return [each for concept in concepts for each in concept.get("coding", ())]
