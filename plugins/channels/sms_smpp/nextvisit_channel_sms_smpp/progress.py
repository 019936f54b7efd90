"""How far texts came that are sent in parts: no part is submitted twice.

Kept in the memory of one process, and for an hour. A text that goes on in another worker, or after a restart,
begins with its first part again: the centre bills that part twice, and the phone, which knows it by the
text's reference, shows the text once.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from nextvisit.sdk.channels import MessageId

_KEPT: Final = timedelta(hours=1)
_MOST_KEPT: Final = 10_000


@dataclass(slots=True)
class Progress:
    """One text. Parts are counted from 0.

    since: when it was first to be sent, by the loop's time.
    digest: of all that is submitted; another text under the same message begins anew, and has
    waited as long.
    taken: the centre's ids, by part. asked: parts that were submitted and not answered: perhaps taken.
    refused: the status with which a part was refused after its answer was late.
    is_unknown: whoever sent it has been told that nobody knows.
    """

    message: MessageId
    digest: bytes
    parts: int
    since: float
    taken: dict[int, str] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    refused: int | None = None
    is_unknown: bool = False
    ended_at: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether every part was taken."""
        return len(self.taken) == self.parts

    @property
    def ref(self) -> str:
        """The centre's id of the last part, which is the one that a receipt is asked of; perhaps empty."""
        return self.taken.get(self.parts - 1, "")


class Unfinished:
    """Texts that wait: for a centre that throttles, or for the rest of their parts."""

    def __init__(self) -> None:
        self._kept: OrderedDict[MessageId, Progress] = OrderedDict()

    def take(self, message: MessageId, digest: bytes, parts: int, now: float) -> Progress:
        """Where this text stands."""
        while self._kept and next(iter(self._kept.values())).ended_at < now - _KEPT.total_seconds():
            self._kept.popitem(last=False)
        progress = self._kept.pop(message, None)
        if progress is None or progress.digest != digest:
            return Progress(message, digest, parts, since=now if progress is None else progress.since)
        progress.is_unknown = False
        return progress

    def keep(self, progress: Progress, now: float, *, waits: bool) -> None:
        """It goes on later, if it has begun; if it waits, it also keeps its place among those that wait."""
        if progress.is_complete or not (waits or progress.taken or progress.asked):
            return
        progress.ended_at = now
        self._kept[progress.message] = progress
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
