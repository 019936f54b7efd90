"""What an adapter's pull may rest on: nothing is skipped, nothing comes for ever, whatever the other side does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.pulling import GivenPage, LinkExpired, PullBounds, WantedPage, pull
from nextvisit.sdk.records import Cursor
from nextvisit.sdk.rounds import Sighting

BEGIN = datetime(2026, 5, 1, 10, tzinfo=UTC)
PAGE = 3


class OtherSide:
    """Rows of two kinds, in the order in which they changed. links: it gives them, and not only what is asked by time.

    fails: what it raises, if it does.
    """

    def __init__(self, *, links: bool = True, sorts: bool = True) -> None:
        self.links, self.sorts = links, sorts
        self.now = BEGIN
        self.rows: dict[tuple[str, str], tuple[int, datetime]] = {}
        self.asked: list[WantedPage] = []
        self.fails: Callable[[WantedPage], NextVisitError | None] = lambda _: None
        self.told: set[tuple[str, str, int]] = set()
        self.cursor: Cursor | None = None

    def put(self, kind: str, name: str, *, tick: int = 1, at: datetime | None = None) -> None:
        """A new version, `tick` seconds after the last one."""
        self.now += timedelta(seconds=tick)
        before, _ = self.rows.pop((kind, name), (0, None))
        self.rows[kind, name] = (before + 1, at or self.now)

    async def ask(self, asked: WantedPage) -> GivenPage:
        """One page."""
        self.asked.append(asked)
        if (error := self.fails(asked)) is not None:
            raise error
        found = [
            (name, rev, at)
            for (kind, name), (rev, at) in self.rows.items()
            if kind == asked.kind and (asked.since is None or at >= asked.since)
        ]
        if self.sorts:
            found.sort(key=lambda row: row[2], reverse=asked.newest_first)
        start = int(asked.link or 0)
        rows = found[start : start + PAGE]
        link = str(start + PAGE) if self.links and start + PAGE < len(found) else None
        return GivenPage(
            json.dumps([[asked.kind, name, rev] for name, rev, _ in rows]).encode(),
            [Sighting.of(f"{asked.kind}/{name}", str(rev), at) for name, rev, at in rows],
            link=link,
            full=len(rows) == PAGE,
            now=self.now,
        )

    async def pulled(self, *, sorts: bool | None = True, kinds: Sequence[str] = ("patient",)) -> int:
        """Pages of one pull, kept as the appliance does: each with its cursor, whatever comes after."""
        pages = 0
        async for page in pull("vendor", self.cursor, kinds, self.ask, sorts=sorts, bounds=NO_FURTHER):
            self.told |= {(kind, name, rev) for kind, name, rev in json.loads(page.body)}
            self.cursor, pages = page.cursor, pages + 1
        return pages

    def versions(self) -> set[tuple[str, str, int]]:
        """What there is now."""
        return {(kind, name, rev) for (kind, name), (rev, _) in self.rows.items()}


NO_FURTHER = PullBounds(overlap=timedelta(), look_back=timedelta())


@pytest.mark.anyio
@pytest.mark.parametrize("links", [True, False], ids=["by links", "by time alone"])
@pytest.mark.parametrize("sorts", [True, None], ids=["said to sort", "found out"])
async def test_everything_is_told_and_then_there_is_rest(links: bool, sorts: bool | None) -> None:
    other = OtherSide(links=links)
    for number in range(10):
        other.put("patient", f"p{number}")
    assert await other.pulled(sorts=sorts) > 3
    assert other.told == other.versions()
    assert await other.pulled(sorts=sorts) == 0
    other.put("patient", "p2")
    other.put("patient", "p7", tick=0)
    await other.pulled(sorts=sorts)
    assert other.told >= other.versions()
    assert await other.pulled(sorts=sorts) == 0


@pytest.mark.anyio
async def test_who_is_said_to_sort_is_not_asked_whether_it_does() -> None:
    other = OtherSide()
    for number in range(5):
        other.put("patient", f"p{number}")
    await other.pulled(sorts=True)
    assert not any(each.newest_first for each in other.asked)


@pytest.mark.anyio
async def test_many_things_of_one_instant_are_reached_by_links() -> None:
    other = OtherSide()
    for number in range(10):
        other.put("patient", f"p{number}", tick=0)
    await other.pulled()
    assert other.told == other.versions()
    assert any(each.link for each in other.asked)


@pytest.mark.anyio
async def test_who_does_not_sort_is_read_until_two_walks_meet_the_same() -> None:
    other = OtherSide(sorts=False)
    for number in range(7):
        other.put("patient", f"p{number}")
    edits = iter([("patient", "p0")])

    def edit(asked: WantedPage) -> NextVisitError | None:
        # Behind the page that was read: what was third is second now, and nobody has seen it.
        if asked.link == "3" and (row := next(edits, None)) is not None:
            other.put(*row)
        return None

    other.fails = edit
    await other.pulled(sorts=False)
    assert other.told >= other.versions()


@pytest.mark.anyio
async def test_what_is_dated_ahead_hides_nothing() -> None:
    other = OtherSide()
    other.put("patient", "future", at=BEGIN + timedelta(days=36_500))
    await other.pulled()
    other.put("patient", "present")
    await other.pulled()
    assert other.told == other.versions()
    assert all(each.since is None or each.since <= other.now for each in other.asked)


@pytest.mark.anyio
async def test_a_kind_that_cannot_be_read_costs_itself() -> None:
    other = OtherSide()
    other.put("patient", "p1")
    other.put("visit", "v1")
    refused = Rejected("vendor.no_patients", scope="message")
    other.fails = lambda asked: refused if asked.kind == "patient" else None
    with pytest.raises(Rejected, match="no_patients"):
        await other.pulled(kinds=("patient", "visit"))
    assert other.told == {("visit", "v1", 1)}


@pytest.mark.anyio
async def test_a_login_that_is_refused_is_not_tried_for_the_next_kind() -> None:
    other = OtherSide()
    other.fails = lambda _: Rejected("vendor.http_401", scope="account")
    with pytest.raises(Rejected):
        await other.pulled(kinds=("patient", "visit"))
    assert [each.kind for each in other.asked] == ["patient"]


@pytest.mark.anyio
async def test_a_link_that_expired_costs_its_walk_and_nothing_else() -> None:
    other = OtherSide(sorts=False)
    for number in range(7):
        other.put("patient", f"p{number}")
    expired = iter([LinkExpired("vendor.expired")])
    other.fails = lambda asked: next(expired, None) if asked.link else None
    await other.pulled(sorts=False)
    assert other.told == other.versions()


@pytest.mark.anyio
async def test_links_that_always_expire_end_a_pull() -> None:
    other = OtherSide(sorts=False)
    for number in range(7):
        other.put("patient", f"p{number}")
    other.fails = lambda asked: LinkExpired("vendor.expired") if asked.link else None
    with pytest.raises(RetryLater, match=r"vendor.pages_expire"):
        await other.pulled(sorts=False)


@pytest.mark.anyio
async def test_a_link_in_the_cursor_that_makes_no_sense_is_not_asked_for_ever() -> None:
    other = OtherSide(sorts=False)
    for number in range(7):
        other.put("patient", f"p{number}")
    other.fails = lambda asked: (
        ProtocolError("vendor.foreign_host", whose="theirs") if asked.link == "3" else None
    )
    with pytest.raises(ProtocolError):
        await other.pulled(sorts=False)
    assert '"next":"3"' in str(other.cursor)
    # The server has another link now, and nothing where the old one leads.
    before = len(other.asked)
    other.fails = lambda _: (
        ProtocolError("vendor.foreign_host", whose="theirs") if len(other.asked) == before + 1 else None
    )
    await other.pulled(sorts=False)
    assert other.told == other.versions()


@pytest.mark.anyio
async def test_pages_that_lead_in_a_circle_end_a_pull_and_keep_what_came() -> None:
    other = OtherSide(sorts=False)
    for number in range(7):
        other.put("patient", f"p{number}")

    whole = other.ask

    async def in_a_circle(asked: WantedPage) -> GivenPage:
        came = await whole(replace(asked, link=None))
        return replace(came, link="again")

    other.ask = in_a_circle  # type: ignore[method-assign]
    with pytest.raises(ProtocolError, match=r"vendor.circle"):
        await other.pulled(sorts=False)
    assert len(other.told) == PAGE


@pytest.mark.anyio
@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"version": 99, "rounds": {}}', '{"version": 1}'])
async def test_a_cursor_of_somebody_else_is_named(cursor: str) -> None:
    other = OtherSide()
    other.cursor = Cursor(cursor)
    with pytest.raises(ProtocolError, match=r"vendor.cursor") as caught:
        await other.pulled()
    assert caught.value.whose == "ours"


@pytest.mark.anyio
async def test_an_instant_without_a_zone_is_told_as_such() -> None:
    async def asked(_: WantedPage) -> GivenPage:
        return GivenPage(b"[]", [Sighting.of("patient/1", "1", BEGIN.replace(tzinfo=None))], now=BEGIN)

    with pytest.raises(ProtocolError, match="an instant of a page has no zone") as caught:
        [page async for page in pull("vendor", None, ("patient",), asked, sorts=True)]
    assert (caught.value.code, caught.value.whose) == ("vendor.no_zone", "ours")
