"""Which version is the later one, and that it does not depend on how one asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nextvisit.store.people.versions import Version, earlier, outdated, place, version_of
from tests.world.clock import NOW, later

FAR = datetime(9999, 1, 1, tzinfo=UTC)


def _came(number: str, at: datetime | None) -> Version:
    return version_of(number, at, NOW)


def test_the_date_decides_and_at_the_same_instant_the_number() -> None:
    assert earlier(_came("2", later(-2)), _came("1", later(-1)))
    assert earlier(_came("9", NOW), _came("10", NOW))
    assert not earlier(_came("b", NOW), _came("a", NOW))  # who comes last


def test_a_version_that_is_here_is_outdated() -> None:
    assert outdated(_came("x", NOW), _came("x", NOW))
    assert not outdated(_came("x", NOW), _came("x", later(-1)))  # a MIS may count anew


def test_a_date_ahead_of_our_clock_counts_as_of_when_it_came() -> None:
    assert _came("1", NOW + timedelta(hours=1)) == Version("1", NOW)
    assert not outdated(version_of("0", NOW + timedelta(minutes=1), later(1)), _came("1", later(1)))


def test_a_date_astray_says_nothing() -> None:
    astray = _came("2", FAR)
    assert astray.ahead
    assert not outdated(_came("3", later(-9)), astray)
    assert outdated(_came("1", later(-9)), astray)
    assert outdated(_came("2", FAR), astray)


def test_a_version_without_a_date_is_older_than_nothing() -> None:
    """A malformed date is no date of long ago."""
    assert place(_came("2", None), _came("1", later(-1))) == "later"
    assert place(_came("W2", None), _came("W1", later(-1))) == "unsure"
    assert place(_came("3", later(1)), version_of("2", None, NOW)) == "later"
    assert place(version_of("W3", later(1), later(2)), version_of("W2", None, NOW)) == "later", "made after"
    assert place(_came("b", None), _came("a", None)) == "later", "who comes last"


def test_where_nothing_decides_it_is_said_so() -> None:
    assert place(_came("b", NOW), _came("a", NOW)) == "unsure"
    assert place(_came("a", later(-2)), _came("b", later(-1))) == "earlier"
    assert place(_came("a", later(-2)), _came("b", later(-1)), has_now=True) == "unsure", "restored"
    assert place(_came("a", NOW), _came("a", NOW), has_now=True) == "here"


@given(
    st.lists(
        st.tuples(
            st.integers(0, 20).map(str),
            st.none() | st.sampled_from([FAR]) | st.integers(-9, 0).map(later),
        ),
        min_size=2,
        max_size=2,
    )
)
def test_two_versions_are_not_each_earlier_than_the_other(two: list[tuple[str, datetime | None]]) -> None:
    one, other = (_came(*each) for each in two)
    assert not (earlier(one, other) and earlier(other, one))
