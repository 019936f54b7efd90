"""Whether it is recipients that a relay refuses, or us.

Many relays say only at RCPT or after DATA what they hold against the client or the sender, and say it as a
policy: 5.7.x (a block list; 5.7.26: no SPF or DKIM), or a plain 550 or 554. What stands at one domain's door
for one recipient, or against one text, is said in the same words. So it is us when it was said of several
domains in a row and nobody was taken in between. How long one domain may refuse all its people is for the
core to judge.
"""

from __future__ import annotations

import re
from typing import Final

from nextvisit.sdk.errors import Rejected

_POLICY: Final = re.compile(r"smtp\.(?:5\.7\.\d+|55[0134])")
_DOMAINS: Final = 3


class Refusals:
    """The refusals in a row, over all sessions with one relay."""

    def __init__(self) -> None:
        self._domains: set[str] = set()

    def taken(self) -> None:
        """The relay works for us."""
        self._domains.clear()

    def judged(self, error: Rejected, domain: str) -> Rejected:
        """The refusal of a mail to this domain, with the scope that it turns out to have."""
        if error.scope == "account" or not _POLICY.fullmatch(error.code):
            return error
        if len(self._domains) < _DOMAINS:
            self._domains.add(domain)
        if len(self._domains) < _DOMAINS:
            return error
        return Rejected(error.code, f"said of {_DOMAINS} domains in a row", scope="account")
