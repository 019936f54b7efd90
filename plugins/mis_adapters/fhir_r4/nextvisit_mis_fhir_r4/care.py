"""FHIR Coverage, Condition, Procedure, DiagnosticReport and Observation → what campaigns may ask for.

Of a report and an observation it is read that one is ready, and since when: no value, no code, no text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from nextvisit.sdk.records import (
    Code,
    Condition,
    ConditionStatus,
    Coverage,
    CoverageKind,
    Deleted,
    MisRef,
    Procedure,
    ProcedureStatus,
    ResultReady,
)
from nextvisit_mis_fhir_r4.modifiers import must_be_plain
from nextvisit_mis_fhir_r4.person import read_period
from nextvisit_mis_fhir_r4.primitives import (
    Json,
    Unfit,
    codings,
    earliest,
    items,
    node,
    partial_date,
    reference,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nextvisit_mis_fhir_r4.oddities import Oddities
    from nextvisit_mis_fhir_r4.stamp import Stamp
    from nextvisit_mis_fhir_r4.words import Words

Status = TypeVar("Status", ConditionStatus, ProcedureStatus)

_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
# https://terminology.hl7.org/ValueSet-v3-ActCoverageTypeCode.html, those that say who pays.
_KINDS: Final = {
    (_ACT, "PUBLICPOL"): CoverageKind.PUBLIC,
    (_ACT, "SUBPOL"): CoverageKind.PUBLIC,
    (_ACT, "EHCPOL"): CoverageKind.PRIVATE,
    (_ACT, "MCPOL"): CoverageKind.PRIVATE,
    (_ACT, "HMO"): CoverageKind.PRIVATE,
    (_ACT, "PPO"): CoverageKind.PRIVATE,
    (_ACT, "POS"): CoverageKind.PRIVATE,
    (_ACT, "WCBPOL"): CoverageKind.EMPLOYER,
    ("http://terminology.hl7.org/CodeSystem/coverage-selfpay", "pay"): CoverageKind.SELF_PAY,
}
_WRONG: Final = "entered-in-error"
_CONDITION: Final = {status.value: status for status in ConditionStatus}
_PROCEDURE: Final = {status.value: status for status in ProcedureStatus}
# https://hl7.org/fhir/R4/valueset-diagnostic-report-status.html and -observation-status.html.
_READY: Final = {"final", "amended", "corrected", "appended"}
_NOT_READY: Final = {"registered", "partial", "preliminary", "cancelled", _WRONG, "unknown"}
# https://hl7.org/fhir/R4/valueset-observation-category.html
_RESULTS: Final = {"laboratory", "imaging"}


def read_coverage(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Coverage | Deleted:
    """One Coverage; FHIR has no limits in it. Raises Unfit."""
    must_be_plain(resource)
    status = odd.spared("status", text, resource.get("status"))
    if status == _WRONG:
        return Deleted(stamp.ref)
    if status not in {"active", "cancelled", "draft"}:
        odd.note("status.malformed")
    starts, ends = read_period(resource, odd)
    return Coverage(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        patient=_patient(resource.get("beneficiary"), words),
        kind=_kind(resource.get("type"), odd),
        plan=odd.spared("plan", _plan, resource.get("class")) or "",
        starts=starts,
        ends=ends,
        active=status == "active",
    )


def read_condition(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Condition | Deleted:
    """One Condition. Raises Unfit."""
    must_be_plain(resource)
    verified = {code for _, code in odd.spared_codings(resource.get("verificationStatus"))}
    if verified & {_WRONG, "refuted"}:
        return Deleted(stamp.ref)
    clinical = [code for _, code in odd.spared_codings(resource.get("clinicalStatus"))]
    onset = resource.get("onsetDateTime", node(resource.get("onsetPeriod")).get("start"))
    return Condition(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        patient=_patient(resource.get("subject"), words),
        codes=_codes(resource.get("code"), odd),
        on=odd.spared("date", _day, onset if onset is not None else resource.get("recordedDate")),
        status=_status(clinical[0] if clinical else "", _CONDITION, odd),
    )


def read_procedure(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> Procedure | Deleted:
    """One Procedure. Raises Unfit."""
    must_be_plain(resource)
    status = odd.spared("status", text, resource.get("status")) or ""
    if status == _WRONG:
        return Deleted(stamp.ref)
    done = resource.get("performedDateTime", node(resource.get("performedPeriod")).get("start"))
    return Procedure(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        patient=_patient(resource.get("subject"), words),
        codes=_codes(resource.get("code"), odd),
        on=odd.spared("date", _day, done),
        status=_status(status, _PROCEDURE, odd),
        visit=_visit(resource, words, odd),
    )


def read_result(resource: Json, stamp: Stamp, words: Words, odd: Oddities) -> ResultReady | Deleted:
    """That there is one. What is not ready, or was taken back, is not there. Raises Unfit."""
    must_be_plain(resource)
    status = text(resource.get("status"))
    if status not in _READY | _NOT_READY:
        raise Unfit("status.unknown")
    category = {code for _, code in odd.spared_codings(resource.get("category"))}
    is_result = resource["resourceType"] == "DiagnosticReport" or not _RESULTS.isdisjoint(category)
    if not is_result:
        odd.note("observation.no_result")
    if not is_result or status in _NOT_READY:
        return Deleted(stamp.ref)
    return ResultReady(
        ref=stamp.ref,
        version=stamp.version,
        updated_at=stamp.updated_at,
        patient=_patient(resource.get("subject"), words),
        at=odd.time("issued", earliest, resource.get("issued")),
        visit=_visit(resource, words, odd),
    )


def _patient(value: Any, words: Words) -> MisRef:
    patient = reference(value, "Patient", words.base)
    if patient is None:
        raise Unfit("patient.missing")
    return patient


def _kind(value: Any, odd: Oddities) -> CoverageKind | None:
    known = (_KINDS.get(each) for each in odd.spared_codings(value))
    found = next(filter(None, known), None)
    if found is None:
        odd.unknown("coverage.kind_unknown", value)
    return found


def _plan(value: Any) -> str:
    """https://hl7.org/fhir/R4/valueset-coverage-class.html: of group, plan, class and others, the plan."""
    for one in items(value):
        part = node(one)
        if any(code == "plan" for _, code in codings(part.get("type") or {})):
            return text(part.get("value"))
    return ""


def _codes(value: Any, odd: Oddities) -> tuple[Code, ...]:
    said = odd.spared("code", lambda it: list(codings(it or {})), value)
    if said == []:
        odd.note("code.missing")
    found = [Code(code, system) for system, code in said or [] if not any(map(str.isspace, code))]
    if len(found) < len(said or []):
        odd.note("code.malformed")
    return tuple(dict.fromkeys(found))


def _day(value: Any) -> str | None:
    """Of a dateTime the date, as the MIS writes it: in its own zone."""
    return partial_date(text(value).partition("T")[0])


def _status(said: str, known: Mapping[str, Status], odd: Oddities) -> Status | None:
    found = known.get(said)
    if found is None and said:
        odd.note("status.malformed")
    return found


def _visit(resource: Json, words: Words, odd: Oddities) -> MisRef | None:
    return odd.spared("appointment", reference, resource.get("encounter"), "Encounter", words.base)
