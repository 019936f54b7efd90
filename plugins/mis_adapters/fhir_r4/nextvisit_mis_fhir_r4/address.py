"""What a server is called: one origin has several spellings, and behind a proxy a second name.

A link or an absolute reference belongs to this server when it names our base address, or one of
`also_known_as`, in any spelling that means the same (RFC 3986, 6.2.2 and 6.2.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from nextvisit.sdk.destinations import origin


@dataclass(frozen=True, slots=True)
class Address:
    """One server's base address, and the base addresses that it may use for itself."""

    base: str
    also_known_as: Sequence[str] = ()
    full_urls: Mapping[str, str] = field(default_factory=dict)
    """What stands beside a reference on its page, by the address under which it does
    (https://hl7.org/fhir/R4/bundle.html#references)."""

    def own(self, link: str) -> str | None:
        """`link` as we reach it: absolute, in our spelling; None when it leads elsewhere."""
        url = _split(link, self.base + "/")
        if url is None:
            return None
        query = f"?{url.query}" if url.query else ""
        base = urlsplit(self.base)
        if origin(url) == origin(base):
            return f"{base.scheme}://{base.netloc}{url.path}{query}"
        for name in self.also_known_as:
            other = urlsplit(name)
            if origin(url) == origin(other) and _is_below(url.path, other.path):
                return f"{self.base}{url.path[len(other.path.rstrip('/')) :]}{query}"
        return None

    def below(self, url: str) -> str | None:
        """The path of an absolute address below our base, `Patient/1`; None when it is another server's."""
        ours, path = self.own(url), urlsplit(self.base).path
        if ours is None or not _is_below(urlsplit(ours).path, path):
            return None
        return urlsplit(ours).path[len(path) :].strip("/")


def origin_of(url: str) -> str:
    """Scheme and host for an operator to read, without what else stands in the address."""
    split = _split(url)
    return "no address" if split is None else f"{split.scheme}://{split.netloc.rpartition('@')[2]}"


def _split(url: str, base: str = "") -> SplitResult | None:
    try:
        split = urlsplit(urljoin(base, url))
    except ValueError:
        return None
    return split if split.scheme in {"http", "https"} and split.hostname else None


def _is_below(path: str, base: str) -> bool:
    base = base.rstrip("/")
    return path == base or path.startswith(base + "/")
