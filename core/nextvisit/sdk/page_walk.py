"""A listing by pages: the links from each to the next are the other side's, and need not end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from nextvisit.sdk.errors import ProtocolError, RetryLater

_MIB: Final = 1024 * 1024


@dataclass(slots=True)
class PageWalk:
    """One listing by pages, whose links the other side writes: neither in a circle nor without end.

    code: as of `OutboundHttp`. what: is listed, for an operator to read. most: pages. largest: bytes of all.
    """

    code: str
    what: str
    most: int = 20_000
    largest: int = 4096 * _MIB
    _pages: int = 0
    _bytes: int = 0
    _followed: set[int] = field(default_factory=set)

    def came(self, size: int) -> None:
        """A page of so many bytes. Raises RetryLater when it is enough for this time."""
        self._pages += 1
        self._bytes += size
        if self._pages > self.most or self._bytes > self.largest:
            most = f"{self.most} pages or {self.largest // _MIB} MiB"
            message = f"{self.what}: more than {most} in one go; the rest is read next time"
            raise RetryLater(f"{self.code}.pages_without_end", message)

    def follow(self, link: str) -> None:
        """The link to the next page. Raises ProtocolError when it was followed before."""
        if hash(link) in self._followed:
            raise ProtocolError(
                f"{self.code}.circle", f"{self.what}: its pages lead in a circle", whose="theirs"
            )
        self._followed.add(hash(link))

    def begin_again(self) -> None:
        """From the first page; how much came counts on."""
        self._followed.clear()
