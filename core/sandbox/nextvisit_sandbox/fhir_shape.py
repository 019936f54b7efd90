"""The little that a written resource must have for this clinic to work with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.fhir_problem import FhirProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nextvisit_sandbox.resource import Resource

_LISTS: Final = ("identifier", "participant", "slot", "specialty", "telecom", "communication", "entry")
_OBJECTS: Final = ("meta", "patient", "subject", "schedule", "provision")
_SINGLE: Final = {("Bundle", "identifier")}  # one there, a list elsewhere
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Appointment": ("status", "participant"),
    "Slot": ("status", "start", "end", "schedule"),
    "Consent": ("status",),
}


def check_shape(resource: Resource) -> None:
    """Raises FhirProblem 422 naming the element that is missing or has the wrong shape."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        raise FhirProblem(400, "structure", "resourceType is missing")
    for element in _REQUIRED.get(kind, ()):
        if element not in resource:
            raise FhirProblem(422, "required", f"{kind}.{element} is missing")
    for element in _LISTS:
        held = resource.get(element, [])
        if (kind, element) not in _SINGLE and not _all_objects(held):
            raise FhirProblem(422, "structure", f"{kind}.{element} must be a list of objects")
    for participant in resource.get("participant", ()):
        if not isinstance(participant.get("actor", {}), dict):
            raise FhirProblem(422, "structure", f"{kind}.participant.actor must be an object")
    for element in _OBJECTS:
        if not isinstance(resource.get(element, {}), dict):
            raise FhirProblem(422, "structure", f"{kind}.{element} must be an object")


def _all_objects(held: object) -> bool:
    return isinstance(held, list) and all(isinstance(each, dict) for each in held)
