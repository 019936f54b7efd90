"""What a history tells of deletions, where the server offers one (https://hl7.org/fhir/R4/http.html#history).

A history says what was deleted, in whatever order, and may be late, wrong or about a thing that has been made
again since. So nothing follows from it but a question: what it calls deleted is asked for by name, and what
the server says of it now is what counts. Whatever a history leaves out, the listing finds.

It is a help and no more: what is wrong with it is counted, it rests for an hour, and the pull goes on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from nextvisit.sdk.errors import ProtocolError, Rejected, RetryLater
from nextvisit.sdk.records import MisRef, RawBatch
from nextvisit.sdk.rounds import digest_of
from nextvisit_mis_fhir_r4.body import Damaged
from nextvisit_mis_fhir_r4.connection import Connection
from nextvisit_mis_fhir_r4.cursor import History, Place
from nextvisit_mis_fhir_r4.listing import collection, entry_of
from nextvisit_mis_fhir_r4.oddities import noted
from nextvisit_mis_fhir_r4.page import is_incomplete, next_link
from nextvisit_mis_fhir_r4.primitives import Json, Unfit, instant, node, ref_of, reference
from nextvisit_mis_fhir_r4.settings import FhirR4Settings, SyncedType
from nextvisit_mis_fhir_r4.stamp import digest_of_content

_MOST_PAGES: Final = 50
_MOST_LOOKED_UP: Final = 500
"""Of one type in one walk. From more at once nothing follows: the listing knows how much of all that is."""
_AT_ONCE: Final = 50
_MOST_SEEN: Final = 10_000
_GIVES_UP: Final = 3
_RESTS: Final = timedelta(hours=1)
_SLACK: Final = timedelta(seconds=1)
"""By so much a server whose index has whole seconds answers with older things than were asked for."""
_STATED: Final = timedelta(days=1)
_FAULTS: Final = (RetryLater, Rejected, ProtocolError)


def begun(one: History | None) -> History:
    """Told of deletions from now on: whatever is read from here may be deleted while it is read."""
    return one if one is not None and one.since is not None else History(since=datetime.now(UTC))


class HistoryOffer:
    """Of which types the server says that it tells their history; asked once a day."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._types: frozenset[str] = frozenset()
        self._read_at: datetime | None = None

    async def among(self, kinds: Sequence[SyncedType]) -> list[SyncedType]:
        """Those of `kinds`; none while the server does not say what it offers, which the check shows."""
        now = datetime.now(UTC)
        if self._read_at is None or not self._read_at <= now < self._read_at + _STATED:
            try:
                self._types = frozenset(_with_histories((await self._connection.read("metadata")).json()))
            except _FAULTS:
                return []
            self._read_at = now
        return [kind for kind in kinds if kind in self._types]


def _with_histories(statement: Json) -> Iterator[str]:
    """Types with the interaction `history-type`; what cannot be read offers nothing."""
    for rest in _objects(statement.get("rest")):
        for resource in _objects(rest.get("resource")):
            offered = [one.get("code") for one in _objects(resource.get("interaction"))]
            if "history-type" in offered and isinstance(resource.get("type"), str):
                yield resource["type"]


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


class TypeHistory:
    """One walk through the history of one type, and what it calls deleted, looked up.

    known: what was read before this pull ended there, by the server's clock, which ours may be ahead of.
    """

    def __init__(
        self,
        connection: Connection,
        settings: FhirR4Settings,
        place: Place,
        kind: SyncedType,
        known: datetime | None,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._place = place
        self._kind = kind
        self._history = place.histories[kind]
        self._since = min(filter(None, [self._history.since, known])) - settings.overlap
        self._met: dict[str, MisRef] = {}
        self._malformed: dict[str, None] = {}
        self._odd: list[str] = []
        self._times: list[datetime] = []
        self._top: datetime | None = None
        self._in_a_row = 0
        self._incomplete = False

    async def run(self) -> AsyncIterator[RawBatch]:
        """Pages of what is gone, or there again; none where the history has nothing new."""
        now = datetime.now(UTC)
        if self._history.rests_until is not None and now < self._history.rests_until <= now + _RESTS:
            return
        whole = await self._walk()
        done = dict.fromkeys(self._history.seen)
        new = {digest: ref for digest, ref in self._met.items() if digest not in done}
        refs = list(dict.fromkeys(new.values()))
        if len(refs) > _MOST_LOOKED_UP:
            self._odd.append("history.many")
            refs = []
            done.update(dict.fromkeys(new))
        parts = [refs[at : at + _AT_ONCE] for at in range(0, len(refs), _AT_ONCE)] or [[]]
        for part in parts:
            entries, settled = await self._look_up(part)
            waits = self._in_a_row == _GIVES_UP
            whole = whole and not waits
            done.update({digest: None for digest, ref in new.items() if ref in settled})
            self._keep(done, whole=whole and part is parts[-1], rests=not whole)
            if entries or self._odd:
                yield self._batch(entries)
            if waits:
                return

    async def _walk(self) -> bool:
        """Take in what there is since then; whether that is all of it."""
        link: str | None = None
        followed: set[str] = set()
        for _ in range(_MOST_PAGES):
            try:
                bundle = await self._read(link)
            except _FAULTS as error:
                if error.code == "fhir.http_401":
                    raise
                self._odd.append("history.refused" if link is None else "history.unfinished")
                return False
            link = next_link(bundle)
            if (link is None or self._is_passed()) and not self._incomplete:
                return True
            if link is None or link in followed:
                break
            followed.add(link)
        self._odd.append("history.unfinished")
        return False

    async def _read(self, link: str | None) -> Json:
        """A page, taken in. Raises as `Connection.read`, and what is no history is refused, too."""
        if link is None:
            since = self._since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            query = [("_since", since), ("_count", str(self._settings.page_size))]
            answer = await self._connection.read(f"{self._kind}/_history", query)
        else:
            answer = await self._connection.read_page(link)
        if answer.status >= 400:
            raise answer.refusal()
        bundle = answer.json()
        if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "history":
            raise ProtocolError("fhir.not_a_history", f"the history of {self._kind}", whose="theirs")
        self._incomplete = self._incomplete or is_incomplete(bundle)
        self._take(bundle, answer.at or datetime.now(UTC))
        return bundle

    def _take(self, bundle: Json, now: datetime) -> None:
        """now: the server's clock, which its dates are stamped with."""
        entries = bundle.get("entry", [])
        for entry in entries if isinstance(entries, list) else [entries]:
            at = _at(entry, self._settings)
            if at is not None:
                self._times.append(at)
                self._top = max(filter(None, [self._top, at if at <= now else None]), default=None)
            if at is not None and at < self._since - _SLACK:
                continue
            try:
                ref = _deleted(entry, self._kind, self._settings)
            except Unfit:
                self._count_malformed(_digest(entry))
            else:
                if ref is not None:
                    self._met[_digest(entry)] = ref

    def _count_malformed(self, digest: str) -> None:
        """Once, however often it comes."""
        if digest not in self._history.seen and digest not in self._malformed:
            self._odd.append("history.malformed")
        self._malformed[digest] = None

    def _is_passed(self) -> bool:
        """Whether it came newest first, as FHIR has it, and the rest is older than was asked for."""
        times = self._times
        falls = all(later >= earlier for later, earlier in pairwise(times)) and times[:1] > times[-1:]
        return falls and times[-1] < self._since - _SLACK

    async def _look_up(self, refs: Sequence[MisRef]) -> tuple[list[bytes], set[MisRef]]:
        """As they are now, and which of them are settled.

        What gives no answer costs itself. Where several in a row give none, these and the rest wait.
        """
        entries: list[bytes] = []
        for number, ref in enumerate(refs):
            try:
                entries.append(await entry_of(self._connection, ref))
                self._in_a_row = 0
            except _FAULTS as error:
                if error.code == "fhir.http_401":
                    raise
                self._odd.append("history.unanswered")
                self._in_a_row += 1
                if self._in_a_row == _GIVES_UP:
                    return entries, set(refs[: max(0, number + 1 - _GIVES_UP)])
        return entries, set(refs)

    def _keep(self, done: Mapping[str, None], *, whole: bool, rests: bool) -> None:
        """whole: everything is done with, and of what was seen before only what still comes is needed."""
        seen = [*(self._met if whole else done), *self._malformed]
        self._place.histories[self._kind] = History(
            since=(self._top if whole else None) or self._history.since,
            seen=tuple(dict.fromkeys(seen))[-_MOST_SEEN:],
            rests_until=datetime.now(UTC) + _RESTS if rests else None,
        )

    def _batch(self, entries: Sequence[bytes]) -> RawBatch:
        notes = [noted(self._odd)] if self._odd else []
        self._odd = []
        return self._place.batch(collection([*entries, *notes]), len(entries))


def _digest(entry: Any) -> str:
    return digest_of("history", entry.raw if isinstance(entry, Damaged) else digest_of_content(entry))


def _at(entry: Any, settings: FhirR4Settings) -> datetime | None:
    """When it happened, as the response says it, or else the resource."""
    if not isinstance(entry, dict):
        return None
    for said, name in ((entry.get("response"), "lastModified"), (_meta(entry), "lastUpdated")):
        try:
            return instant(node(said).get(name), settings.clock_zone)
        except Unfit:
            continue
    return None


def _meta(entry: Json) -> Any:
    resource = entry.get("resource")
    return resource.get("meta") if isinstance(resource, dict) else None


def _deleted(entry: Any, kind: SyncedType, settings: FhirR4Settings) -> MisRef | None:
    """What an entry says was deleted; None when it says something else. Raises Unfit.

    Some servers give a stub with a deletion and some nothing; some say DELETE and some 410. An entry that
    says neither and has no resource counts as a deletion, because asking costs little.
    """
    if isinstance(entry, Damaged) and "DELETE" not in entry.raw:
        return None  # a version that cannot be read, which is the search's business
    if not isinstance(entry, dict):
        raise Unfit("entry.malformed")
    resource = entry.get("resource")
    request, response = node(entry.get("request")), node(entry.get("response"))
    method, status = request.get("method"), response.get("status")
    is_gone = isinstance(status, str | int) and str(status).startswith("410")
    if method is None and not is_gone and isinstance(resource, dict):
        return None
    if isinstance(method, str) and method.upper() != "DELETE" and not is_gone:
        return None
    for said in (request.get("url"), entry.get("fullUrl")):
        try:
            ref = reference({"reference": said}, kind, settings.address)
        except Unfit:
            continue
        if ref is not None:
            return ref
    if isinstance(resource, dict) and resource.get("resourceType") == kind:
        return ref_of(resource, kind)
    raise Unfit("entry.malformed")
