"""What the FHIR server refuses, and how it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nextvisit_sandbox.resource import Resource


class FhirProblem(Exception):
    """A request that gets an OperationOutcome instead of an answer."""

    def __init__(self, status: int, code: str, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics

    def outcome(self) -> Resource:
        """As OperationOutcome."""
        return {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": self.code, "diagnostics": self.diagnostics}],
        }


def not_found(kind: str, resource_id: str) -> FhirProblem:
    """404 for a resource that is not there."""
    return FhirProblem(404, "not-found", f"{kind}/{resource_id} does not exist")
