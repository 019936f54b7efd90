"""Adapters for Ambulo that misread what campaigns ask for, each in one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nextvisit.sdk.capabilities import RecordKind
from nextvisit.sdk.records import (
    Code,
    Condition,
    ConditionStatus,
    Coverage,
    CoverageKind,
    Deleted,
    Limit,
    Location,
    MisEvent,
    MisRef,
    Oddity,
    Payment,
    PhoneCall,
    Practitioner,
    Procedure,
    ProcedureStatus,
    ResultReady,
    Service,
    SlotFreed,
    Unreadable,
)
from tests.sdk.vendors.ambulo import CAPABILITIES, AmbuloAdapter, Row
from tests.sdk.vendors.mis_kits import kits_of
from tests.sdk.wrong import wrong

ROW = "each_row_becomes_the_record_that_is_expected"
ONE = "every_record_is_one"
_STATES = {each.value for each in ConditionStatus}
NO_GUESS = "a_word_that_it_does_not_know_is_no_guess"


class Changed(AmbuloAdapter):
    """Reads as the right one does, and then does something to what it has read."""

    def events(self, row: Any) -> Sequence[MisEvent]:
        return [self.changed(one, row) for one in super().events(row)]

    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        raise NotImplementedError


@wrong("names nothing", ONE, ROW)
class PutsADoctorNowhere(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, locations=(MisRef(""),)) if isinstance(one, Practitioner) else one


@wrong("a Service and a Location have the same ref", ONE, ROW, "a_deletion_is_learnt_of")
class CallsARoomLikeAnother(Changed):
    """Numbers of two tables."""

    def ref(self, row: Row) -> MisRef:
        ref = super().ref(row)
        return (
            MisRef(ref.replace("Room", "Service")) if isinstance(row, dict) and row["kind"] == "room" else ref
        )

    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return one


@wrong("Service: service_type is None instead of echocardiogram", ROW)
class LosesWhatIsDone(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, service_type=None) if isinstance(one, Service) else one


@wrong("Coverage.ends has no zone", ONE, ROW)
class EndsACoverageOnTheWall(AmbuloAdapter):
    def until(self, row: Row) -> datetime | None:
        ends = super().until(row)
        return None if ends is None else ends.replace(tzinfo=None)


@wrong("Coverage: ends is", ROW)
class EndsACoverageADayEarly(AmbuloAdapter):
    """Until a day is with that day."""

    def until(self, row: Row) -> datetime | None:
        ends = super().until(row)
        return None if ends is None else ends - timedelta(days=1)


@wrong("Coverage.limit is no limit", ONE, ROW)
class OwesALimit(AmbuloAdapter):
    def limit(self, row: Row) -> Limit | None:
        return Limit(-self.decimal(row["left"]), row["unit"])


@wrong("Coverage.limit.unused is too large", ONE, ROW)
class CountsWithoutEnd(AmbuloAdapter):
    def limit(self, row: Row) -> Limit | None:
        return Limit(Decimal("Infinity"), row["unit"])


@wrong(
    "with a word that nobody knows in its row, a Coverage that is employer becomes a Coverage that is private",
    NO_GUESS,
)
class GuessesWhoPays(AmbuloAdapter):
    def payer(self, row: Row) -> CoverageKind | None:
        return super().payer(row) or CoverageKind.PRIVATE


@wrong("Condition.codes holds what is no code", ONE, ROW)
class TakesWordsForACode(AmbuloAdapter):
    def codes(self, row: Row) -> tuple[Code, ...]:
        return (Code(f"heart failure {row['code']}", "icd10"),)


@wrong("Condition.on is no date", ONE, ROW)
class DatesADiagnosisInWords(AmbuloAdapter):
    def since_when(self, row: Row) -> str | None:
        return f"since {row['since']}"


@wrong(
    "with a word that nobody knows in its row, a Condition that is resolved becomes a Condition that is active",
    NO_GUESS,
)
class TakesAnIllnessForActive(Changed):
    def events(self, row: Any) -> Sequence[MisEvent]:
        if isinstance(row, dict) and row.get("kind") == "diagnosis" and row.get("state") not in _STATES:
            row = {**row, "state": "active"}
        return super().events(row)

    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return one


@wrong("Procedure.status is no ProcedureStatus", ONE, ROW, NO_GUESS)
class KeepsTheWordOfAMis(AmbuloAdapter):
    def treated(self, row: Row) -> ProcedureStatus | None:
        return row["state"]  # type: ignore[no-any-return]


@wrong(
    "with a word that nobody knows in its row, a Procedure that is stopped becomes a Procedure that is completed",
    NO_GUESS,
)
class TakesEverythingForDone(AmbuloAdapter):
    def treated(self, row: Row) -> ProcedureStatus | None:
        return super().treated(row) or ProcedureStatus.COMPLETED


@wrong(
    "with a word that nobody knows in its row, a result that is not ready becomes a result that is ready",
    NO_GUESS,
)
class TellsOfAnyResult(AmbuloAdapter):
    def is_ready(self, row: Row) -> bool:
        return bool(row["state"] != "waiting")


@wrong("ResultReady: at is", ROW)
class DatesAResultInUtc(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        if isinstance(one, ResultReady) and one.at is not None:
            return replace(one, at=one.at + timedelta(hours=1))
        return one


@wrong("Payment.currency is no currency", ONE, ROW)
class PaysInWords(AmbuloAdapter):
    def currency(self, row: Row) -> str:
        super().currency(row)
        return str(row["currency"])


@wrong("Payment.amount is of another type", ONE)
class PaysByFloat(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, amount=float(one.amount)) if isinstance(one, Payment) else one  # type: ignore[arg-type]


@wrong(
    "with a word that nobody knows in its row, a call that was answered becomes a call that was missed",
    NO_GUESS,
)
class MissesWhatItDoesNotKnow(AmbuloAdapter):
    def was_answered(self, row: Row) -> bool:
        return bool(row["state"] == "answered")


@wrong("PhoneCall.answered is neither true nor false", ONE)
class CountsWhoAnswered(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, answered=int(one.answered)) if isinstance(one, PhoneCall) else one  # type: ignore[arg-type]


@wrong("SlotFreed.start has no zone", ONE, ROW)
class FreesATimeOnTheWall(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, start=one.start.replace(tzinfo=None)) if isinstance(one, SlotFreed) else one


@wrong("there is no SlotFreed of this row", ROW, "it_reads_what_its_capabilities_say")
class KeepsFreedTimesToItself(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return Oddity(one.ref, "slot.left_out") if isinstance(one, SlotFreed) else one


@wrong("it tells of payment, and its capabilities do not say so", "it_reads_what_its_capabilities_say")
class HidesPayments(AmbuloAdapter):
    capabilities = replace(CAPABILITIES, reads=CAPABILITIES.reads - {RecordKind.PAYMENT})


@wrong(
    "a Coverage that was edited has the version that it had",
    "a_change_is_told_of_by_the_next_pull",
)
class NeverRenewsACoverage(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, version="1", updated_at=None) if isinstance(one, Coverage) else one


@wrong("a Condition that was deleted is looked up, and not said to be gone", "a_deletion_is_learnt_of")
class KeepsADiagnosisForGood(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        if isinstance(one, Deleted) and one.ref.startswith("Diagnosis"):
            return Unreadable(one.ref, "row.gone", holds=False)
        return one


@wrong("the code of an Oddity", "nothing_of_a_patient_is_said")
class TellsANameForACode(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return Oddity(one.ref, one.code, "Kanarek") if isinstance(one, Oddity) else one


@wrong("Oddity.word is more than a code", ONE)
class TellsASentenceForACode(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return Oddity(one.ref, one.code, "was born then") if isinstance(one, Oddity) else one


@wrong("Location: name differs", ROW)
class NamesNoRoom(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, name="") if isinstance(one, Location) else one


@wrong("the Procedure is another patient's", ROW, "each_record_is_of_the_patient_whom_its_row_names")
class TreatsAnother(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, patient=MisRef("Patient/2")) if isinstance(one, Procedure) else one


_STAYS = "each_record_is_of_the_patient_whom_its_row_names"


@wrong("a Coverage stays one patient's when its row names another", _STAYS, ROW)
class InsuresOneForAll(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, patient=MisRef("Patient/1")) if isinstance(one, Coverage) else one


@wrong("a Payment stays one patient's when its row names another", _STAYS)
class LetsOnePayForAll(Changed):
    """The peer's only payment is that patient's, so no example shows it."""

    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, patient=MisRef("Patient/1")) if isinstance(one, Payment) else one


@wrong("for a detail that cannot be read its patient is held", "a_detail_that_cannot_be_read_holds_nobody")
class HoldsWhoeverPaidOddly(AmbuloAdapter):
    """A payment that is written oddly, and the patient hears nothing more of the clinic."""

    def unreadable(self, row: Any, ref: MisRef | None, patient: MisRef | None) -> MisEvent:
        return Unreadable(ref, "row.malformed", patient=patient)


@wrong(
    "a version, which is kept in the clear,",
    "nothing_of_a_patient_is_said",
    "each_row_becomes_the_record_that_is_expected",
)
class NamesVersionsByAPersonalNumber(AmbuloAdapter):
    def version(self, row: Row) -> str:
        return f"{super().version(row)}{row.get('number', '')}"


@wrong("Condition.patient is empty", ONE, ROW)
class DiagnosesNobody(Changed):
    def changed(self, one: MisEvent, row: Row) -> MisEvent:
        return replace(one, patient=MisRef("")) if isinstance(one, Condition) else one


globals().update(kits_of(globals()))
