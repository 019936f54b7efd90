"""How far a pull is, and the rules by which it moves on; `nextvisit.sdk.pulling` drives them.

A round reads everything of one kind that changed since the last one. It is made of walks: a walk asks
for what changed at or after a position, oldest first. Where the server sorts, the newest thing of the
answer is the next position, and no page but a walk's first is needed: what is edited meanwhile moves
behind us, what is deleted moves nothing that we ask for by time.

Only where one answer does not pass the position (many things share one instant, or are dated in the
future) or the server does not sort, the walk follows the server's pages, and there an edit or a delete can
push a thing over the edge of two pages. Such a walk counts only when the one after it meets the same
versions of the same things: whatever pushed a thing out of sight took something that had been met away.

A server may give less than it has and no link to the rest: a cap of its own on a page, a maximum for one
search. So the last page of a round is one that does not pass the position; of a page that is smaller than its
total nobody believes that it is the last. What cannot be reached so (more things of one instant than a
search gives) is gone round, remembered as `cut`, and tried again once a day.

The position never passes the server's own clock, so that a thing from the future does not hide the
present. `seen` holds short digests of id and version, so that what a round meets again is not delivered
for ever; `pages` does the same for whole pages when there is more than `seen` may hold.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_SEEN = 10_000
_MOST_PAGES = 500
_DEEP_EVERY = timedelta(days=1)
_TICK = timedelta(seconds=2)
"""An HTTP date has whole seconds, and a server may make it once a second."""
_SLACK = timedelta(seconds=1)
"""By so much a server whose index has whole seconds answers with older things than were asked for."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing of a page: a digest of what and which version, and when the server changed it."""

    digest: str
    updated: datetime | None

    @classmethod
    def of(cls, ref: str, version: str, updated: datetime | None) -> Sighting:
        """Of a thing's own name and version. updated: None where nobody says it, or nobody can read it."""
        return cls(digest_of(ref, version), updated)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a walk met: how many, and a sum that stands for which. The order makes no difference."""

    count: int = 0
    total: int = 0

    def and_of(self, page: Iterable[Sighting]) -> Tally:
        """With one more page."""
        found = [int.from_bytes(base64.urlsafe_b64decode(one.digest + "=="), "big") for one in page]
        return Tally(self.count + len(found), (self.total + sum(found)) % 2**63)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as far as the rules need it. now: the server's clock.

    full: there are as many as were asked for. total: how many the search found, if the server says so.
    incomplete: the server says that something of it is missing.
    """

    sightings: Sequence[Sighting]
    link: str | None
    full: bool
    now: datetime
    total: int | None = None
    incomplete: bool = False

    @property
    def more(self) -> bool:
        """There may be more behind it. Some servers give no links, and less than was asked for."""
        found = len(self.sightings)
        return self.link is not None or self.full or (found > 1 and self.total != found)

    @property
    def times(self) -> list[datetime]:
        """When its things changed, in its order."""
        return [one.updated for one in self.sightings if one.updated is not None]

    @property
    def past(self) -> list[datetime]:
        """Those that the server's clock has reached."""
        return [at for at in self.times if at <= self.now + _TICK]


@dataclass(frozen=True, slots=True)
class Round:
    """How far one kind is.

    watermark: where the last whole round ended. under_way: whether there is a round now.
    at: the position of the walk under way; None is the beginning. next_link: its next page.
    top, ahead: the newest thing of the round that the server's clock has, and has not reached.
    met, before: what this walk met, and the one before it from the same position.
    sorts: whether the server was seen to sort; None is not known.
    deep_at: when a round last reached back far.
    cut: the earliest position from which the server gave less than it has, and no way to the rest.
    """

    watermark: datetime | None = None
    under_way: bool = False
    at: datetime | None = None
    next_link: str | None = None
    top: datetime | None = None
    ahead: datetime | None = None
    met: Tally = Tally()
    before: Tally | None = None
    sorts: bool | None = None
    deep_at: datetime | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    pages: tuple[str, ...] = ()
    cut: datetime | None = None

    @property
    def position(self) -> datetime | None:
        """The newest thing that was read, as far as the server's clock had it."""
        return _latest(self.watermark, self.top)

    def begun(self, overlap: timedelta) -> Round:
        """A round, from a little before the last one's end, or before the place where it was left.

        A page that has nothing new is not delivered, so the round whose last page was such a one is
        never said to be over; it begins anew like one that is.
        """
        # Seen in things of one instant, no server sorts; there may be others by now.
        sorts = self.sorts or None
        if self.under_way and (self.next_link is not None or self.before is not None):
            return replace(self, sorts=sorts)
        top = self.top if self.under_way else None
        at = None if self.position is None else self.position - overlap
        return replace(self, under_way=True, top=top, ahead=None, sorts=sorts).beginning_at(at)

    def must_look_back(self, now: datetime, overlap: timedelta) -> bool:
        """Once a day; and at once when what we believed proves to be ahead of the server's clock."""
        if self.deep_at is None or now - self.deep_at >= _DEEP_EVERY:
            return True
        # The clocks of a server's nodes differ by less than `overlap`, or it would hide what they write.
        return max(self.deep_at, self.position or self.deep_at) > now + overlap

    def looking_back(self, now: datetime, reach: timedelta) -> Round:
        """From far enough back to find what came late, and what was cut."""
        if self.position is None:
            return replace(self, deep_at=now)
        watermark = None if self.watermark is None else min(self.watermark, now)
        at = min(self.position, now) - reach
        at = at if self.cut is None else min(at, self.cut)
        return replace(self, watermark=watermark, top=None, deep_at=now, cut=None).beginning_at(at)

    def again(self) -> Round:
        """This walk from its beginning, after its next page has expired."""
        return replace(self, next_link=None, met=Tally())

    def knows(self, page: Page) -> bool:
        """Whether nothing on this page is new. A page of nothing has nothing new."""
        found = page.sightings
        return all(one.digest in self.seen for one in found) or _page_digest(found) in self.pages

    def keeps_order(self, page: Page) -> bool:
        """Whether this page is sorted and begins where it was asked to."""
        times = page.times
        begins = self.at is None or all(at >= self.at - _SLACK for at in times)
        return bool(times) and begins and times == sorted(times)

    def after(self, page: Page, overlap: timedelta) -> Round:
        """This round once `page` is safe; not under way any more when it is over."""
        read = self._with(page, overlap)
        followed = self.next_link is not None
        passes = bool(self.sorts) and self.keeps_order(page) and self._is_passed(page)
        if not passes and page.link is not None:
            return replace(read, next_link=page.link)
        if followed and read.met != read.before:
            return replace(read, next_link=None, met=Tally(), before=read.met)
        if page.more and passes:
            return read.beginning_at(_milliseconds(max(page.past)))
        if page.sightings and page.total is not None and page.total > read.met.count:
            return read.cut_short(page)
        # A total of what the search did not find counts something else.
        return replace(read, cut=None if page.total and not page.sightings else read.cut).over()

    def cut_short(self, page: Page | None = None) -> Round:
        """The server has more from here on and does not give it: go on behind it, where it sorts.

        page: the last one, if it came.
        """
        short = replace(self, cut=min(filter(None, [self.cut, self.at or BEGINNING])))
        if not self.sorts or self.at is None:
            return short.over()
        if self.top is not None and _milliseconds(self.top) >= self.at:
            return short.beginning_at(self.at + timedelta(milliseconds=1))
        if page is not None and page.past:
            # Its index has whole seconds, and it gave again what lies before the position.
            return short.beginning_at(self.at.replace(microsecond=0) + timedelta(seconds=1))
        return short.over()

    def over(self) -> Round:
        """Nothing is left of this round."""
        return replace(self, under_way=False, watermark=_latest(self.watermark, self.top)).beginning_at(None)

    def heard(self, page: Page, overlap: timedelta) -> Round:
        """This round at the same place, for a page that is not the whole of what it should be."""
        read = self._with(page, overlap)
        return replace(self, seen=read.seen, pages=read.pages)

    def beginning_at(self, at: datetime | None) -> Round:
        """With a walk from this position."""
        return replace(self, at=at, next_link=None, met=Tally(), before=None)

    def _is_passed(self, page: Page) -> bool:
        return bool(page.past) and (self.at is None or _milliseconds(max(page.past)) > self.at)

    def _with(self, page: Page, overlap: timedelta) -> Round:
        top = _latest(self.top, *page.past)
        ahead = _latest(self.ahead, *(at for at in page.times if at > page.now + _TICK))
        newest = _latest(self.watermark, top)
        oldest = None if newest is None else int((newest - overlap).timestamp())
        met = {one.digest: int(one.updated.timestamp()) for one in page.sightings if one.updated is not None}
        seen = {each: at for each, at in {**self.seen, **met}.items() if oldest is None or at >= oldest}
        if len(seen) > _MOST_SEEN:
            seen = dict(sorted(seen.items(), key=lambda pair: pair[1])[-_MOST_SEEN:])
        pages = self.pages
        if not all(one.digest in seen for one in page.sightings):
            face = _page_digest(page.sightings)
            pages = (*(one for one in pages if one != face), face)[-_MOST_PAGES:]
        tally = self.met.and_of(page.sightings)
        return replace(self, top=top, ahead=ahead, seen=seen, pages=pages, met=tally)


Rounds = dict[str, Round]


def digest_of(ref: str, version: str) -> str:
    """60 bits that stand for one version of one thing."""
    # What came may hold half an emoji; it is told apart all the same.
    raw = hashlib.blake2b(f"{ref} {version}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return base64.urlsafe_b64encode(raw).decode("ascii")[:10]


def _page_digest(sightings: Sequence[Sighting]) -> str:
    return digest_of("page", " ".join(one.digest for one in sightings))


def _latest(*instants: datetime | None) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)


def _milliseconds(at: datetime) -> datetime:
    """As it is asked for: a server that knows more digits counts what lies behind them in."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def newest(rounds: Mapping[str, Round]) -> datetime | None:
    """The newest change that was read of any kind, by the server's clock and not beyond it."""
    return _latest(*(at for one in rounds.values() for at in (one.watermark, one.top)))


def ahead(rounds: Mapping[str, Round]) -> datetime | None:
    """The newest change of any kind that is dated beyond the server's clock."""
    return _latest(*(one.ahead for one in rounds.values()))


_INSTANTS = ("watermark", "at", "top", "ahead", "deep_at", "cut")


def dump_rounds(rounds: Mapping[str, Round]) -> dict[str, Any]:
    """As it may stand in JSON."""
    return {kind: _dump_round(one) for kind, one in rounds.items()}


def load_rounds(raw: Mapping[str, Any]) -> Rounds:
    """The inverse; passes over what else stands there. Raises what a thing of another shape raises:
    AttributeError, KeyError, TypeError or ValueError.
    """
    return {kind: _load_round(one) for kind, one in raw.items()}


def _dump_round(one: Round) -> dict[str, Any]:
    by_second: dict[str, list[str]] = {}
    for digest, second in one.seen.items():
        by_second.setdefault(str(second), []).append(digest)
    return {
        **{name: _text(getattr(one, name)) for name in _INSTANTS},
        "under_way": one.under_way,
        "next": one.next_link,
        "met": (one.met.count, one.met.total),
        "before": None if one.before is None else (one.before.count, one.before.total),
        "sorts": one.sorts,
        "seen": {second: " ".join(digests) for second, digests in by_second.items()},
        "pages": one.pages,
    }


def _load_round(raw: dict[str, Any]) -> Round:
    return Round(
        **{name: _instant(raw[name]) for name in _INSTANTS},
        under_way=raw["under_way"],
        next_link=raw["next"],
        met=Tally(*raw["met"]),
        before=None if raw["before"] is None else Tally(*raw["before"]),
        sorts=raw["sorts"],
        seen={each: int(second) for second, digests in raw["seen"].items() for each in digests.split()},
        pages=tuple(raw["pages"]),
    )


def _instant(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw).astimezone(UTC)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
