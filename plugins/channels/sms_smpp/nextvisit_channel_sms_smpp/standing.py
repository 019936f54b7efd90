"""What the last submits tell of us and a centre: whether it answers them, and whether it takes our sender."""

from __future__ import annotations

from typing import Final

from nextvisit.sdk.errors import NextVisitError, Rejected
from nextvisit_channel_sms_smpp.status import SENDER, submit_code, submit_refusal

_SEVERAL: Final = 3


class Standing:
    """Over all sessions with one centre. Times are the loop's, in seconds.

    A session is silent when several submits in a row had no answer, for twice as long as an answer is waited
    for: those that a slow centre answers late come in between. A sender is refused to us while none of our
    texts was taken, and when several in a row are refused for it; one refusal among others is about a country
    where such a sender may not write.
    """

    def __init__(self, timeout: float) -> None:
        self._bound = 2 * timeout
        self._since: float | None = None
        self._refused = _SEVERAL
        self.unanswered = 0

    def submitted(self, now: float) -> None:
        """A submit goes out."""
        if self._since is None:
            self._since = now

    def timed_out(self, now: float) -> bool:
        """Nobody waits for a submit any more. Whether the session is silent."""
        self.unanswered += 1
        return self.unanswered >= _SEVERAL and self._since is not None and now - self._since >= self._bound

    def heard(self) -> None:
        """An answer came, or another session begins."""
        self._since = None
        self.unanswered = 0

    def taken(self) -> None:
        """A text was taken."""
        self._refused = 0

    def refusal(self, status: int) -> NextVisitError:
        """Why a submit was not taken."""
        if status not in SENDER:
            return submit_refusal(status)
        self._refused = min(self._refused + 1, _SEVERAL)
        return Rejected(submit_code(status), scope="account" if self._refused == _SEVERAL else "message")
