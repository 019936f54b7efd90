"""The site's second reader of replies, asked so that it costs nothing but its help when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog

from nextvisit.calls.aside import Aside, Unanswered
from nextvisit.sdk.errors import NextVisitError, RetryLater
from nextvisit.sdk.replies import Intent
from nextvisit.store.vitals import second_readers

if TYPE_CHECKING:
    from nextvisit.sdk.ports import ReadsIntent
    from nextvisit.store.base.engine import Tx

PATIENCE: Final = timedelta(seconds=2)
"""For one reply. A row of the inbox waits meanwhile, and with it the patients behind it."""

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Unread:
    """Why there is no opinion, as a code, and what the reader itself said of it."""

    code: str
    error: NextVisitError | None = None


@dataclass(slots=True)
class SecondReader:
    """One per process. languages: those that it is asked about. memory: about how many bytes it takes."""

    slug: str
    reader: ReadsIntent
    languages: frozenset[str]
    memory: int
    patience: timedelta = PATIENCE
    _aside: Aside = field(default_factory=lambda: Aside("reader"), repr=False)

    async def prepare(self, patience: timedelta) -> None:
        """Load it before the first reply comes. Without it the rules read alone, and `doctor` says why."""
        try:
            await self.load(patience)
        except NextVisitError as error:
            log.warning("second_reader.not_loaded", source=self.slug, code=error.code)

    async def load(self, patience: timedelta) -> str:
        """What reads. Raises what the reader raises, or RetryLater when it is too slow or broken."""
        loaded = await self._asked(self.reader.check, patience)
        if not isinstance(loaded, _Unread):
            return str(loaded)
        if loaded.error is not None:
            raise loaded.error
        raise RetryLater(loaded.code)

    async def opinion(self, tx: Tx, text: str, language: str) -> Mapping[Intent, float]:
        """Its scores; none when it has none, does not know the language, is too slow, or is broken."""
        if language.partition("-")[0].lower() not in self.languages:
            return {}
        scores = await self._asked(lambda: dict(self.reader.scores(text, language)), self.patience)
        if not isinstance(scores, _Unread) and not _are_scores(scores):
            scores = _Unread("reader.no_scores")
        if isinstance(scores, _Unread):
            log.warning("second_reader.failed", source=self.slug, code=scores.code)
            await second_readers.failed(tx, self.slug, scores.code)
            return {}
        await second_readers.answered(tx, self.slug)
        return scores

    async def _asked(self, call: Callable[[], T], patience: timedelta) -> T | _Unread:
        try:
            return await self._aside.ask(self.slug, lambda: _answer(call), patience)
        except Unanswered as error:
            return _Unread(error.code)


def _answer(call: Callable[[], T]) -> T | _Unread:
    try:
        return call()
    except NextVisitError as error:
        return _Unread(error.code, error)
    # A third party's: it may raise anything, `sys.exit` too, and its words may quote the patient's.
    except BaseException as error:  # noqa: BLE001
        return _Unread(f"reader.{type(error).__name__}")


def _are_scores(scores: Mapping[Any, Any]) -> bool:
    return all(
        isinstance(intent, Intent) and isinstance(score, float | int) and 0.0 <= score <= 1.0
        for intent, score in scores.items()
    )
