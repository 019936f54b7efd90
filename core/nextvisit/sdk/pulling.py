"""The pull of an adapter: asks by time or by the other side's links, skips nothing, and comes to rest.

An adapter says how one page is asked for and what stands on it; everything else is here and in `rounds`: the
watermark by the other side's own clock, some minutes of overlap, what was seen already, the cursor after each
page, circles, pages that expire, and a look further back once a day.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.page_walk import PageWalk
from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.sdk.rounds import (
    BEGINNING,
    Page,
    Round,
    Rounds,
    Sighting,
    ahead,
    dump_rounds,
    load_rounds,
    newest,
)

OVERLAP: Final = timedelta(minutes=5)
LOOK_BACK: Final = timedelta(hours=26)
MOST_PAGES: Final = 20_000
_VERSION: Final = 1
_MOST_WALKS: Final = 4
_MOST_EXPIRED: Final = 3
_MOST_REPEATS: Final = 3


@dataclass(frozen=True, slots=True)
class WantedPage:
    """One page that is wanted of one kind of things: what changed at `since` or later, the oldest first.

    since: None is from the beginning. link: where that page is, as an earlier one said; None is the first.
    newest_first: wanted the other way round. Only whoever does not say whether the server sorts is asked so.
    """

    kind: str
    since: datetime | None
    link: str | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class GivenPage:
    """A page as it came, and each thing on it, in its order; what cannot be read is one, too.

    link: where the next page is: an address, a token, a number. full: there are as many things as were asked
    for. now: the server's clock; where it tells none this machine's will do, since it says what is dated
    ahead, and no more. total: how many the search found, if the server says so. incomplete: the server says
    that something is missing.
    """

    body: bytes
    things: Sequence[Sighting]
    now: datetime
    link: str | None = None
    full: bool = False
    total: int | None = None
    incomplete: bool = False

    @property
    def page(self) -> Page:
        """For the rules."""
        return Page(self.things, self.link, self.full, self.now, self.total, self.incomplete)


Ask = Callable[[WantedPage], Awaitable[GivenPage]]
"""Raises LinkExpired for a link that leads to nothing, and what `MisAdapter.changes` may."""


class LinkExpired(RetryLater):
    """A link leads to nothing any more. too_far: it may also be that the server gives nothing so far into a
    search.
    """

    def __init__(self, code: str, message: str = "", *, too_far: bool = False) -> None:
        super().__init__(code, message)
        self.too_far = too_far


class KindUnfinished(RetryLater):
    """The pages of one kind cannot be read to their end now; those of the others can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullBounds:
    """overlap: how far each pull reaches back behind the newest thing it has seen, because many things share
    one instant and servers publish them late. look_back: how far the first pull of a day reaches instead.
    most_pages: of one kind in one pull; the next one reads on from there.
    """

    overlap: timedelta = OVERLAP
    look_back: timedelta = LOOK_BACK
    most_pages: int = MOST_PAGES


async def pull(
    code: str,
    since: Cursor | None,
    kinds: Sequence[str],
    ask: Ask,
    *,
    sorts: bool | None,
    bounds: PullBounds = PullBounds(),
) -> AsyncIterator[RawBatch]:
    """All of `MisAdapter.changes`: pages with something new, kind after kind, each with the cursor after it.

    code: what the errors' codes begin with. sorts: whether the server gives the oldest change first; None is
    found out, by asking for the newest. What is wrong with one kind ends that kind's round, not the others'.
    """
    rounds = load(code, since)
    first: NextVisitError | None = None
    for kind in kinds:
        try:
            each = KindPull(code, rounds, kind, ask, bounds=bounds, sorts=sorts, cursor=lambda: dump(rounds))
            async for batch in each.run():
                yield batch
        except (KindUnfinished, ProtocolError, Rejected) as error:
            if isinstance(error, Rejected) and error.scope == "account":
                raise
            first = first or error
    if first is not None:
        raise first


def load(code: str, cursor: Cursor | None) -> Rounds:
    """How far each kind is. Raises ProtocolError when this is no cursor of `pull`."""
    if cursor is None:
        return {}
    try:
        whole = json.loads(cursor)
        if whole["version"] == _VERSION:
            return load_rounds(whole["rounds"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"{code}.cursor", "not a cursor of this adapter", whose="ours") from error
    raise ProtocolError(f"{code}.cursor", "made by another version", whose="ours")


def dump(rounds: Rounds) -> Cursor:
    """The inverse of `load`."""
    return Cursor(json.dumps({"version": _VERSION, "rounds": dump_rounds(rounds)}, separators=(",", ":")))


class KindPull:
    """The round of one kind. `rounds` is kept as it stands after each page, and `cursor` makes text of it.

    own: a link as it is to be asked for; raises ProtocolError when it leads away.
    """

    def __init__(
        self,
        code: str,
        rounds: Rounds,
        kind: str,
        ask: Ask,
        *,
        cursor: Callable[[], Cursor],
        bounds: PullBounds = PullBounds(),
        sorts: bool | None = None,
        own: Callable[[str], str] = str,
    ) -> None:
        self._code, self._kind = code, kind
        self._rounds, self._cursor = rounds, cursor
        self._ask, self._own = ask, own
        self._bounds = bounds
        begun = rounds.get(kind, Round()).begun(bounds.overlap)
        self._now = begun if sorts is None else replace(begun, sorts=sorts)
        self._looked_back = False
        self._expired = self._walks = 0
        self._pages = PageWalk(code, kind, bounds.most_pages)
        self._faces: Counter[tuple[Sighting, ...]] = Counter()
        self._old_link = self._now.next_link

    async def run(self) -> AsyncIterator[RawBatch]:
        """Until the round is over."""
        while self._now.under_way:
            came = await self._read()
            if came is None:
                continue
            page = came.page
            if page.incomplete:
                async for batch in self._heard(came, page):
                    yield batch
                message = f"{self._kind}: the server says that an answer is incomplete; it is asked again"
                raise KindUnfinished(f"{self._code}.incomplete", message)
            if self._must_begin_earlier(page):
                continue
            await self._learn_whether_it_sorts(page)
            known = self._now.knows(page)
            wrong = self._go_on(page)
            if not known:
                yield self._batch(came)
            if wrong is not None:
                raise wrong
        if self._now.cut is not None:
            raise KindUnfinished(f"{self._code}.cut_short", self._cut_short(self._now.cut))

    async def _heard(self, came: GivenPage, page: Page) -> AsyncIterator[RawBatch]:
        """What an incomplete answer has is taken in, and the position stays before it."""
        if not self._now.knows(page):
            self._keep(self._now.heard(page, self._bounds.overlap))
            yield self._batch(came)

    def _cut_short(self, cut: datetime) -> str:
        since = "" if cut == BEGINNING else f" of what changed at {cut:%Y-%m-%d %H:%M:%S} UTC"
        found = f"{self._kind}: the server has more{since} than it gives to one search"
        advice = "raise its limit of results or of the offset; it is tried again once a day"
        return f"{found}; {advice}"

    def _keep(self, now: Round) -> None:
        self._rounds[self._kind] = self._now = now

    def _go_on(self, page: Page) -> NextVisitError | None:
        """Take the next position; what is wrong with it, once the page is safe."""
        after = self._now.after(page, self._bounds.overlap)
        wrong: NextVisitError | None = None
        if after.next_link is not None:
            try:
                after = replace(after, next_link=self._own(after.next_link))
                self._refuse_circles(after, page)
            except ProtocolError as error:
                # From the beginning of the walk, for when it is mended: a link need not be valid then.
                wrong, after = error, after.again()
        else:
            self._begin_a_walk()
            self._walks = 0 if after.before is None else self._walks + 1
            if self._walks == _MOST_WALKS:
                message = f"{self._kind}: changes while its pages are read, again and again"
                wrong = KindUnfinished(f"{self._code}.restless", message)
        self._keep(after)
        return wrong

    def _begin_a_walk(self) -> None:
        self._pages.begin_again()
        self._faces.clear()

    def _refuse_circles(self, after: Round, page: Page) -> None:
        face = tuple(page.sightings)
        self._faces[face] += 1
        if self._faces[face] > _MOST_REPEATS:
            message = f"{self._kind}: its pages lead in a circle"
            raise ProtocolError(f"{self._code}.circle", message, whose="theirs")
        self._pages.follow(str(after.next_link))

    async def _read(self) -> GivenPage | None:
        """The next page; None when there is none where its link leads, and the walk begins again."""
        link, self._old_link = self._old_link, None
        try:
            came = await self._ask(WantedPage(self._kind, self._now.at, self._now.next_link))
        except LinkExpired as error:
            if self._now.next_link is None:
                raise
            self._go_without(too_far=error.too_far)
            return None
        except ProtocolError:
            if link is None:
                raise
            # The cursor has it, and would have it for ever.
            self._go_without(too_far=False)
            return None
        if any(
            at is not None and at.utcoffset() is None
            for at in (came.now, *(one.updated for one in came.things))
        ):
            message = f"{self._kind}: an instant of a page has no zone: read it in the zone of the settings"
            raise ProtocolError(f"{self._code}.no_zone", message, whose="ours")
        try:
            self._pages.came(len(came.body))
        except RetryLater as error:
            raise KindUnfinished(error.code, str(error).partition(": ")[2]) from error
        return came

    def _go_without(self, *, too_far: bool) -> None:
        """After a link led to nothing. Refused again, there is no way so far into one search."""
        self._expired += 1
        if too_far and self._expired > 1:
            self._keep(self._now.cut_short())
        elif self._expired > _MOST_EXPIRED:
            message = f"{self._kind}: pages expire before they are read"
            raise KindUnfinished(f"{self._code}.pages_expire", message)
        else:
            self._keep(self._now.again())
        self._begin_a_walk()

    def _must_begin_earlier(self, page: Page) -> bool:
        """Whether the round has to reach back further than it did for this first page."""
        now = self._now
        if self._looked_back or now.next_link is not None:
            return False
        self._looked_back = True
        if not now.must_look_back(page.now, self._bounds.overlap):
            return False
        self._now = now.looking_back(page.now, self._bounds.look_back)
        return self._now.at != now.at

    async def _learn_whether_it_sorts(self, page: Page) -> None:
        """Asked for the newest first, a server that sorts does not begin as when asked for the oldest.

        Asked only where there is more than a page. A server may ignore what it does not know, and what lies
        in the order of its making looks sorted by change until something old is edited.
        """
        if not page.more or self._now.sorts is not None or self._now.next_link is not None:
            return
        here = page.times
        try:
            there = (await self._ask(WantedPage(self._kind, self._now.at, newest_first=True))).page.times
        except Rejected as error:
            if error.scope == "account":
                raise
            there = []
        sorts = bool(here and there) and here[0] < there[0] and here[-1] <= there[0]
        self._now = replace(
            self._now,
            sorts=sorts and self._now.keeps_order(page) and there == sorted(there, reverse=True),
        )

    def _batch(self, came: GivenPage) -> RawBatch:
        return RawBatch(
            body=came.body,
            cursor=self._cursor(),
            count=len(came.things),
            newest=newest(self._rounds),
            ahead=ahead(self._rounds),
        )
