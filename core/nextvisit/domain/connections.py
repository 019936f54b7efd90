"""Which of a site's connections carries a message.

A campaign names kinds of channel, the settings name connections, and a clinic may have two of one kind: one
provider for abroad, one for what is no advertising, one that stands by. The rule is stated in the settings
and never in their order: of the connections whose purposes and countries fit, the one with the highest
priority. Two that could both be meant are refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations

from nextvisit.sdk.addresses import EMAIL, MOBILE, Addresses, AddressSpace
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.records import ChannelKind, Purpose


@dataclass(frozen=True, slots=True)
class Connection:
    """One channel of the site, without what it connects to. slug: what the settings call it.

    purposes, countries (ISO 3166, of the address): what it is for; empty means all.
    per_day: how many messages it takes on one day of the clinic's zone.
    """

    slug: str
    can: ChannelCapabilities
    priority: int = 1
    purposes: frozenset[Purpose] = frozenset()
    countries: frozenset[str] = frozenset()
    per_day: int | None = None

    def fits(self, purpose: Purpose, country: str) -> bool:
        """Whether a message of this purpose to an address in this country is for it."""
        return (not self.purposes or purpose in self.purposes) and (
            not self.countries or country in self.countries
        )

    def meets(self, other: Connection) -> bool:
        """Whether there is a message that both are for."""
        return all(
            not mine or not theirs or mine & theirs
            for mine, theirs in ((self.purposes, other.purposes), (self.countries, other.countries))
        )


@dataclass(frozen=True, slots=True)
class Connections:
    """All of a site's. Raises ConfigError when the rule could not choose between two of them."""

    listed: tuple[Connection, ...] = ()

    def __post_init__(self) -> None:
        for one, other in combinations(self.listed, 2):
            if one.can.kind != other.can.kind:
                continue
            place = f"channels.{one.slug}, channels.{other.slug}"
            if one.can.addresses.space != other.can.addresses.space:
                message = f"both are of the kind {one.can.kind!r} and write to addresses of different spaces"
                raise ConfigError("channels.space", message, place=place)
            if one.priority == other.priority and one.meets(other):
                message = (
                    f"nothing says which of the two {one.can.kind!r} connections carries a message;"
                    " give them different priorities, purposes or countries"
                )
                raise ConfigError("channels.ambiguous", message, place=place)

    @property
    def kinds(self) -> tuple[ChannelKind, ...]:
        """The kinds of channel that the site has, in a fixed order."""
        return tuple(sorted({each.can.kind for each in self.listed}))

    @property
    def spaces(self) -> Mapping[ChannelKind, AddressSpace]:
        """To which addresses each kind writes."""
        return {each.can.kind: each.can.addresses.space for each in self.listed}

    @property
    def capabilities(self) -> Mapping[ChannelKind, ChannelCapabilities]:
        """What can be relied on of each kind, whichever of its connections is chosen."""
        return {kind: reduce(_both, (each.can for each in self._of(kind))) for kind in self.kinds}

    @property
    def addresses(self) -> tuple[Addresses, ...]:
        """The spaces in which patients are looked up: those of the channels, and what staff search by."""
        found: dict[AddressSpace, Addresses] = {MOBILE.space: MOBILE, EMAIL.space: EMAIL}
        found |= {each.can.addresses.space: each.can.addresses for each in self.listed}
        return tuple(found.values())

    def named(self, slug: str) -> Connection | None:
        """The connection that the settings call so."""
        return next((each for each in self.listed if each.slug == slug), None)

    def addresses_of(self, kind: ChannelKind) -> Addresses | None:
        """None for a kind that the site has not."""
        return next((each.can.addresses for each in self._of(kind)), None)

    def at(self, space: AddressSpace) -> tuple[ChannelKind, ...]:
        """The kinds that write to addresses of this space."""
        return tuple(kind for kind, own in self.spaces.items() if own == space)

    def choose(
        self, kind: ChannelKind, purpose: Purpose, country: str, *, down: Collection[str] = ()
    ) -> Connection | None:
        """The one that carries such a message; None when none is for it.

        down: slugs of connections that take nothing now; one of them is chosen only when no other takes over.
        """
        fitting = (each for each in self._of(kind) if each.fits(purpose, country))
        return max(fitting, key=lambda each: (each.slug not in down, each.priority), default=None)

    def _of(self, kind: ChannelKind) -> tuple[Connection, ...]:
        return tuple(each for each in self.listed if each.can.kind == kind)


def _both(one: ChannelCapabilities, other: ChannelCapabilities) -> ChannelCapabilities:
    bounds = [each.longest for each in (one, other) if each.longest is not None]
    sessions = [each.session for each in (one, other) if each.session is not None]
    repeats = [each.idempotent_send for each in (one, other)]
    return replace(
        one,
        forms=tuple(form for form in one.forms if form in other.forms),
        reports=one.reports & other.reports,
        receives=one.receives and other.receives,
        longest=min(bounds, default=None),
        session=min(sessions, default=None),
        media=one.media & other.media,
        idempotent_send=None if None in repeats else min(each for each in repeats if each is not None),
    )
