"""What the HTTP side is made of; put together in bootstrap."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nextvisit.domain.site import Site
    from nextvisit.sdk.ports import Channel, MisAdapter
    from nextvisit.store.base.engine import Database
    from nextvisit.store.campaigns.programs import Programs
    from nextvisit.understanding.vocabulary import Vocabularies


@dataclass(frozen=True, slots=True)
class ApiDeps:
    """`channels` and `mis` by the slug of their connection. instance: of this process.

    words: what replies are read by, where the clinic has words of its own. hosts: that requests may be for,
    beside the one of the site's pages. ready: whether this process takes work, and what is
    answered to whoever asks.
    """

    db: Database
    site: Site
    channels: Mapping[str, Channel]
    mis: Mapping[str, MisAdapter]
    programs: Programs
    instance: str
    ready: Callable[[], Awaitable[tuple[bool, Mapping[str, object]]]]
    words: Vocabularies | None = None
    hosts: Sequence[str] = ()
    seconds: Callable[[], float] = time.monotonic
