"""Adapters for Ambulo that read it wrongly."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any
from uuid import uuid4

import structlog

from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.pulling import PullBounds
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Cursor,
    Listed,
    MisEvent,
    MisRef,
    Oddity,
    Patient,
    RawBatch,
    Unreadable,
)
from tests.sdk.vendors.ambulo import CAPABILITIES, AmbuloAdapter, Row
from tests.sdk.vendors.mis_kits import kits_of
from tests.sdk.wrong import wrong


@wrong("the next pull does not tell of it", "a_change_is_told_of_by_the_next_pull",
       "a_change_is_told_of_whatever_the_clock_of_the_mis_says[ahead]",
       "a_change_is_told_of_whatever_the_clock_of_the_mis_says[behind]",
       "two_things_that_change_at_one_instant_are_both_told_of")  # fmt: skip
class NeverReadsAgain(AmbuloAdapter):
    """After the first pull it has nothing more to say."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        if since is None or not json.loads(since).get("whole"):
            async for page in super().changes(since):
                yield page
            yield RawBatch(b'{"rows": []}', Cursor('{"whole": true}'), 0)


@wrong("a watermark is the MIS's own time", "a_change_is_told_of_whatever_the_clock_of_the_mis_says[behind]")
class GoesByItsOwnClock(AmbuloAdapter):
    """The watermark is the time of the pull by this machine."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        pages = [page async for page in super().changes(since)]
        for page in pages[:-1]:
            yield page
        for page in pages[-1:]:
            place = json.loads(page.cursor)
            place["rounds"]["rows"]["top"] = datetime.now(UTC).isoformat()
            yield RawBatch(page.body, Cursor(json.dumps(place)), page.count)


@wrong("ask again from a little before the newest thing", "two_things_that_change_at_one_instant_are_both_told_of",
       "a_change_is_told_of_by_the_next_pull")  # fmt: skip
class LooksStrictlyBehind(AmbuloAdapter):
    """It asks for what is newer than the newest thing seen: a second edit of the same second is lost."""

    bounds = PullBounds(overlap=timedelta())

    def since(self, at: datetime | None) -> str:
        return "" if at is None else f"{at.isoformat()}~"


@wrong("a pull never tells of", "a_pull_that_was_killed_after_any_page_loses_nothing")
class StandsBeforeItsPage(AmbuloAdapter):
    """The cursor of a page claims the page that follows."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        pages = [page async for page in super().changes(since)]
        for page, after in zip(pages, [*pages[1:], *pages[-1:]], strict=True):
            yield RawBatch(page.body, after.cursor, page.count)


@wrong("the same pages come again and again", "pulling_again_comes_to_rest", "a_change_is_told_of_by_the_next_pull",
       "two_things_that_change_at_one_instant_are_both_told_of", "a_deletion_is_learnt_of",
       "a_change_is_told_of_whatever_the_clock_of_the_mis_says[ahead]",
       "a_change_is_told_of_whatever_the_clock_of_the_mis_says[behind]")  # fmt: skip
class NeverRests(AmbuloAdapter):
    """It forgets what it has told."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        place = json.loads(since) if since else None
        if place is not None:
            place["rounds"]["rows"]["seen"] = {}
        async for page in super().changes(Cursor(json.dumps(place)) if place else None):
            yield page


@wrong("there is no Appointment of this row", "each_row_becomes_the_record_that_is_expected", "times_without_a_zone_are_read_in_the_clinic_s",
       "what_cannot_be_read_is_shown_and_costs_itself", "a_booking_is_found_and_read_back",
       "booking_again_in_another_process_books_once", "a_booking_whose_answer_was_cut_is_never_made_twice",
       "a_booking_that_is_throttled_has_not_happened", "it_reads_what_its_capabilities_say",
       "a_visit_is_moved_and_gives_its_old_time_back",
       "moving_again_in_another_process_moves_once",
       "a_move_to_a_taken_time_leaves_the_visit_where_it_was",
       "a_move_whose_answer_was_cut_is_finished_and_made_once",
       "a_change_is_told_of_by_the_next_pull", "a_deletion_is_learnt_of", "pulling_again_comes_to_rest",
       "a_change_is_told_of_whatever_the_clock_of_the_mis_says[ahead]",
       "a_change_is_told_of_whatever_the_clock_of_the_mis_says[behind]",
       "two_things_that_change_at_one_instant_are_both_told_of", "a_detail_that_cannot_be_read_holds_nobody")  # fmt: skip
class ReadsTheFirstPageOnly(AmbuloAdapter):
    """And takes it for all there is."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        async for page in super().changes(since):
            yield page
            return


@wrong(
    "gave 10000 pages and did not end",
    "pulling_again_comes_to_rest",
    "a_change_is_told_of_by_the_next_pull",
    "a_change_is_told_of_whatever_the_clock_of_the_mis_says[ahead]",
    "a_change_is_told_of_whatever_the_clock_of_the_mis_says[behind]",
    "a_deletion_is_learnt_of",
    "a_pull_that_was_killed_after_any_page_loses_nothing",
    "two_things_that_change_at_one_instant_are_both_told_of",
)
class NeverEnds(AmbuloAdapter):
    """Its pages lead in a circle once everything has been told."""

    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        page = None
        async for page in super().changes(since):
            yield page
        while since is not None and page is None:
            yield RawBatch(b'{"rows": []}', since, 0)


@wrong(
    "dropped in silence",
    "what_cannot_be_read_is_shown_and_costs_itself",
    "a_detail_that_cannot_be_read_holds_nobody",
)
class DropsWhatItCannotRead(AmbuloAdapter):
    def events(self, row: Any) -> Sequence[MisEvent]:
        return [one for one in super().events(row) if not isinstance(one, Unreadable)]


@wrong(
    "one broken thing costs",
    "what_cannot_be_read_is_shown_and_costs_itself",
    "a_detail_that_cannot_be_read_holds_nobody",
)
class GivesUpThePage(AmbuloAdapter):
    def parse(self, body: bytes) -> Sequence[MisEvent]:
        found = super().parse(body)
        broken = any(isinstance(one, Unreadable) for one in found)
        return [Unreadable(None, "page.malformed")] if broken else found


@wrong("becomes a visit that is booked", "a_word_that_it_does_not_know_is_no_guess")
class TakesTheUnknownForBooked(AmbuloAdapter):
    def status(self, row: Row) -> AppointmentStatus:
        try:
            return super().status(row)
        except KeyError:
            return AppointmentStatus.BOOKED


@wrong("becomes a consent that says permit", "a_word_that_it_does_not_know_is_no_guess")
class TakesTheUnknownForConsent(AmbuloAdapter):
    def decision(self, row: Row) -> Any:
        return "deny" if row["says"] == "no" else "permit"


@wrong("a patient who is dead becomes a patient who lives", "a_word_that_it_does_not_know_is_no_guess")
class BelievesOneWordOfDeathOnly(AmbuloAdapter):
    def is_dead(self, row: Row) -> bool:
        return bool(row["died"] == "yes")


@wrong("a row of the peer is Unreadable", "a_pull_reads_everything_and_nothing_is_unreadable",
       "each_row_becomes_the_record_that_is_expected")  # fmt: skip
class GivesUpThePatientForTheBirthDate(AmbuloAdapter):
    """One odd element costs the record, and with it that the patient is dead."""

    def patient(self, row: Row, ref: MisRef, changed: datetime) -> Sequence[MisEvent]:
        datetime.fromisoformat(row["born"])
        return super().patient(row, ref, changed)


@wrong("has no zone", "every_record_is_one", "times_without_a_zone_are_read_in_the_clinic_s",
       "each_row_becomes_the_record_that_is_expected",
       "free_slots_are_in_order_and_inside_the_query")  # fmt: skip
class KnowsNoZones(AmbuloAdapter):
    def instant(self, raw: str) -> datetime:
        return super().instant(raw).replace(tzinfo=None)

    def chosen(self, slots: list[Any], wanted: Any) -> Sequence[Any]:
        return sorted(slots, key=lambda one: one.start)[: wanted.limit]


@wrong("a visit begins at 2026-01-15T09:30:00+00:00", "times_without_a_zone_are_read_in_the_clinic_s",
       "each_row_becomes_the_record_that_is_expected", "free_slots_are_in_order_and_inside_the_query")  # fmt: skip
class TakesTheClinicsTimeForUtc(AmbuloAdapter):
    def instant(self, raw: str) -> datetime:
        return super().instant(raw).replace(tzinfo=UTC)


@wrong("a visit begins at 2026-07-15T09:30:00+01:00", "times_without_a_zone_are_read_in_the_clinic_s")
class KnowsNoSummer(AmbuloAdapter):
    def instant(self, raw: str) -> datetime:
        return super().instant(raw).replace(tzinfo=timezone(timedelta(hours=1)))


@wrong("in another zone of the machine", "parse_is_pure", "times_without_a_zone_are_read_in_the_clinic_s",
       "each_row_becomes_the_record_that_is_expected", "free_slots_are_in_order_and_inside_the_query")  # fmt: skip
class TakesTheMachinesZone(AmbuloAdapter):
    def instant(self, raw: str) -> datetime:
        return super().instant(raw).replace(tzinfo=None).astimezone()


@wrong("has the version that it had", "a_change_is_told_of_by_the_next_pull")
class NamesOneVersionForAll(AmbuloAdapter):
    """And leaves out when it changed."""

    def version(self, row: Row) -> str:
        return "1"

    def events(self, row: Any) -> Sequence[MisEvent]:
        return [
            type(one)(**{**{name: getattr(one, name) for name in one.__slots__}, "updated_at": None})
            if isinstance(one, Patient | Appointment) else one
            for one in super().events(row)
        ]  # fmt: skip


@wrong("version is empty", "every_record_is_one", "each_row_becomes_the_record_that_is_expected")
class NamesNoVersion(AmbuloAdapter):
    def version(self, row: Row) -> str:
        return ""


@wrong("parse gives other records in another process", "parse_is_pure", "a_pull_that_was_killed_after_any_page_loses_nothing",
       "a_listing_names_what_a_pull_tells_of", "each_row_becomes_the_record_that_is_expected")  # fmt: skip
class MakesUpVersions(AmbuloAdapter):
    def version(self, row: Row) -> str:
        return uuid4().hex


@wrong("parse gives other records in another process", "parse_is_pure")
class CountsWhatItReads(AmbuloAdapter):
    """What a page means depends on how many were read before it."""

    def __init__(self, base: str, key: str) -> None:
        super().__init__(base, key)
        self._read = count()

    def parse(self, body: bytes) -> Sequence[MisEvent]:
        next(self._read)
        return [*super().parse(body), Oddity(None, f"page.no_{next(self._read)}")]


@wrong("have the same ref", "every_record_is_one", "a_listing_names_what_a_pull_tells_of",
       "each_row_becomes_the_record_that_is_expected", "times_without_a_zone_are_read_in_the_clinic_s",
       "a_change_is_told_of_by_the_next_pull", "two_things_that_change_at_one_instant_are_both_told_of",
       "a_change_is_told_of_whatever_the_clock_of_the_mis_says[ahead]", "a_change_is_told_of_whatever_the_clock_of_the_mis_says[behind]",
       "a_deletion_is_learnt_of",
       "a_cancelled_booking_gives_its_slot_back", "nothing_of_a_booking_is_said", "no_call_blocks_the_event_loop",
       "a_visit_is_moved_and_gives_its_old_time_back",
       "moving_again_in_another_process_moves_once",
       "a_move_to_a_taken_time_leaves_the_visit_where_it_was",
       "a_move_whose_answer_was_cut_is_finished_and_made_once",
       "a_word_that_it_does_not_know_is_no_guess", "it_reads_what_its_capabilities_say")  # fmt: skip
class NamesEverythingByItsNumber(AmbuloAdapter):
    """Patient 1, visit 1 and consent 1 are all `1`."""

    def ref(self, row: Row) -> MisRef:
        return MisRef(str(int(row["id"])))


@wrong("parse raised KeyError", "parse_survives_garbage", "nothing_of_a_patient_is_said")
class StumblesOverGarbage(AmbuloAdapter):
    def parse(self, body: bytes) -> Sequence[MisEvent]:
        return [event for row in json.loads(body or b"{}")["rows"] for event in self.events(row)]


@wrong("the reason of an Unreadable", "nothing_of_a_patient_is_said")
class QuotesTheRow(AmbuloAdapter):
    """Whoever looks at parked things reads a patient's name."""

    def unreadable(self, row: Any, ref: MisRef | None, patient: MisRef | None) -> MisEvent:
        family = row.get("family", "none") if isinstance(row, dict) else "none"
        found = super().unreadable(row, ref, patient)
        return replace(found, reason=f"row.malformed.{family}") if isinstance(found, Unreadable) else found


@wrong("a log, or what was printed,", "nothing_of_a_patient_is_said")
class LogsNames(AmbuloAdapter):
    def patient(self, row: Row, ref: MisRef, changed: datetime) -> Sequence[MisEvent]:
        structlog.get_logger("ambulo").debug("patient.read", family=row["family"])
        return super().patient(row, ref, changed)


@wrong("a log, or what was printed,", "nothing_of_a_patient_is_said")
class PrintsRows(AmbuloAdapter):
    def events(self, row: Any) -> Sequence[MisEvent]:
        print(row)  # noqa: T201
        return super().events(row)


@wrong("a cursor, which is kept in the clear,", "nothing_of_a_patient_is_said")
class KeepsItsKeyInTheCursor(AmbuloAdapter):
    async def changes(self, since: Cursor | None) -> AsyncIterator[RawBatch]:
        async for page in super().changes(since):
            yield RawBatch(
                page.body, Cursor(json.dumps(json.loads(page.cursor) | {"key": self._key})), page.count
            )


@wrong(
    "changes raised KeyError, which is no error of nextvisit.sdk.errors",
    "a_pull_that_is_cut_is_retried_and_loses_nothing",
)
class RaisesWhatItsLibraryRaises(AmbuloAdapter):
    async def ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            return await super().ask(method, path, **more)
        except RetryLater as error:
            if error.code == "ambulo.no_answer":
                raise KeyError("Kanarek") from error
            raise


@wrong("listing has not", "a_listing_names_what_a_pull_tells_of")
class ListsOnePage(AmbuloAdapter):
    async def listing(self) -> AsyncIterator[Sequence[Listed]]:
        async for page in super().listing():
            yield page
            return


@wrong("have another version in the listing", "a_listing_names_what_a_pull_tells_of")
class ListsOtherVersions(AmbuloAdapter):
    async def listing(self) -> AsyncIterator[Sequence[Listed]]:
        async for page in super().listing():
            yield [Listed(one.ref, f"v{one.version}", one.updated_at) for one in page]


@wrong("not said to be gone", "a_deletion_is_learnt_of", "a_listing_names_what_a_pull_tells_of")
class IsSilentOfWhatIsGone(AmbuloAdapter):
    def gone(self, ref: MisRef) -> Row:
        return {}


@wrong("that was deleted is never learnt of", "a_deletion_is_learnt_of")
class NeverAsksWhatIsThere(AmbuloAdapter):
    """It has no port `Lists`, and Ambulo tells of no deletion."""

    capabilities = replace(CAPABILITIES, lists=False)

    listing = look_up = None  # type: ignore[assignment]


@wrong("of Lists it has listing, and not look_up", "no_port_is_half_there", "a_deletion_is_learnt_of",
       "its_capabilities_are_those_of_its_ports")  # fmt: skip
class ListsByHalf(AmbuloAdapter):
    look_up = None  # type: ignore[assignment]


globals().update(kits_of(globals()))
