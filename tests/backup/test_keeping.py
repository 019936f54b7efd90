"""Which backups stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nextvisit.backup.form import BackupHead
from nextvisit.backup.keeping import listing, prune, staying
from nextvisit.install.settings import KeepSettings

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
TIMES = st.lists(
    st.integers(0, 400 * 24).map(lambda hours: NOW - timedelta(hours=hours)), min_size=1, max_size=60
)


def _a_backup(folder: Path, at: datetime) -> Path:
    head = BackupHead(taken_at=at, release="0.1.0", schema_revision="0001_initial")
    file = folder / head.file_name
    file.write_bytes(head.line() + b"sealed")
    return file


@given(TIMES, st.integers(1, 10), st.integers(0, 6), st.integers(0, 12))
def test_the_newest_stays_and_of_each_span_as_many_as_are_named(
    times: list[datetime], daily: int, weekly: int, monthly: int
) -> None:
    keep = KeepSettings(daily=daily, weekly=weekly, monthly=monthly)
    stay = staying(times, keep)
    assert max(times) in stay
    days = {each.date() for each in times}
    assert {max(t for t in times if t.date() == day) for day in sorted(days)[-daily:]} <= stay
    months = {(each.year, each.month) for each in times}
    assert len(stay) <= daily + weekly + monthly
    for month in sorted(months)[-monthly:] if monthly else []:
        assert any((each.year, each.month) == month for each in stay)
    # What stays of what stays: a second run removes nothing more.
    assert staying(sorted(stay), keep) == stay


def test_nothing_is_removed_that_is_no_backup_of_ours_or_has_a_name_of_its_own(tmp_path: Path) -> None:
    old = _a_backup(tmp_path, NOW - timedelta(days=900))
    kept_aside = _a_backup(tmp_path, NOW - timedelta(days=901)).rename(tmp_path / "before-the-move.backup")
    newest = _a_backup(tmp_path, NOW)
    stranger = tmp_path / "nextvisit-20200101T000000Z.backup"
    stranger.write_bytes(b"somebody's")
    link = tmp_path / "nextvisit-20240101T000000Z.backup"
    link.symlink_to(newest)
    assert [each.file for each in listing(tmp_path)] == [newest, old]
    removed = prune(tmp_path, KeepSettings(daily=1, weekly=0, monthly=0))
    assert [each.file for each in removed] == [old]
    assert set(tmp_path.iterdir()) == {kept_aside, newest, stranger, link}


def test_the_last_backup_stays_however_old_it_is(tmp_path: Path) -> None:
    only = _a_backup(tmp_path, NOW - timedelta(days=4000))
    assert prune(tmp_path, KeepSettings(daily=1, weekly=0, monthly=0)) == []
    assert only.exists()


def test_a_file_that_was_touched_is_as_old_as_it_says(tmp_path: Path) -> None:
    """A copy back from a tape has today's date."""
    newest = _a_backup(tmp_path, NOW)
    old = _a_backup(tmp_path, NOW - timedelta(days=900))
    assert newest.stat().st_mtime_ns <= old.stat().st_mtime_ns
    assert [each.file for each in prune(tmp_path, KeepSettings(daily=1, weekly=0, monthly=0))] == [old]
