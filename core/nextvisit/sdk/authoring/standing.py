"""Where a plugin stands with each rule: by its own word, as far as its capabilities bear it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.quality import Quality
from nextvisit.sdk.authoring.rules import TIERS, Kind
from nextvisit.sdk.capabilities import MisCapabilities, SlotsBy
from nextvisit.sdk.channels import ChannelCapabilities, told_later

State = Literal["done", "exempt", "open"]
"""open: nobody says that it is done, or what says so is denied."""


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """why: of what is exempt, or open."""

    tier: str
    rule: str
    state: State
    why: str = ""


_MIS: Final[Mapping[tuple[str, str], Callable[[MisCapabilities], bool]]] = {
    **{("books", rule): lambda can: can.books for rule in ("once", "found", "taken", "silent")},
    ("books", "free"): lambda can: bool(can.finds_slots_by),
    ("books", "whose"): lambda can: SlotsBy.PRACTITIONER in can.finds_slots_by,
    ("books", "cancels"): lambda can: can.cancels,
    ("books", "moves"): lambda can: can.reschedules,
    ("reads", "paced"): lambda can: can.paced,
    ("survives_cuts", "cut_booking"): lambda can: can.books,
    ("survives_cuts", "refused_booking"): lambda can: can.books,
    ("survives_cuts", "cut_move"): lambda can: can.reschedules,
    ("proves_deletes", "lists"): lambda can: can.lists,
}
"""What a rule that is done needs. Of the others no capability tells."""
_CHANNEL: Final[Mapping[tuple[str, str], Callable[[ChannelCapabilities], bool]]] = {
    ("reports", "means"): lambda can: can.receives or bool(told_later(can)),
    ("reports", "find_their_message"): lambda can: bool(told_later(can)),
    ("receives", "calls"): lambda can: can.receives or bool(told_later(can)),
    ("receives", "session"): lambda can: can.receives or bool(told_later(can)),
}
"""The same; what settings may add, as a longest text, is not among them."""
_Can = MisCapabilities | ChannelCapabilities | None


def standings(
    kind: Kind,
    quality: Quality | None,
    wrong: Sequence[Wrong],
    can: _Can,
) -> Sequence[RuleStanding]:
    """Of every rule of the kind. wrong: why there is no `quality`. can: None for a kind that has none."""
    if quality is None or quality.kind != kind:
        why = wrong[0].what if wrong else f"its quality.yaml is of a {quality.kind if quality else 'nothing'}"
        return [
            RuleStanding(tier, rule, "open", why) for tier, rules in TIERS[kind].items() for rule in rules
        ]
    found = []
    for claim in quality.claims:
        if claim.exempt is not None:
            found.append(RuleStanding(claim.tier, claim.rule, "exempt", claim.exempt))
        elif _bears_out(claim.tier, claim.rule, can):
            found.append(RuleStanding(claim.tier, claim.rule, "done"))
        else:
            why = "it says `done`, and its capabilities do not say that it can"
            found.append(RuleStanding(claim.tier, claim.rule, "open", why))
    return found


def in_counts(found: Sequence[RuleStanding]) -> str:
    """Of each tier how many rules stand how: `reads 12 done, 4 exempt · books 2 open`."""
    said = []
    for tier in dict.fromkeys(each.tier for each in found):
        states = [each.state for each in found if each.tier == tier]
        counts = [f"{states.count(state)} {state}" for state in ("done", "exempt", "open") if state in states]
        said.append(f"{tier.replace('_', ' ')} {', '.join(counts)}")
    return " · ".join(said)


def _bears_out(tier: str, rule: str, can: _Can) -> bool:
    match can:
        case MisCapabilities():
            needs = _MIS.get((tier, rule))
            return needs is None or needs(can)
        case ChannelCapabilities():
            wants = _CHANNEL.get((tier, rule))
            return wants is None or wants(can)
        case None:
            return True
