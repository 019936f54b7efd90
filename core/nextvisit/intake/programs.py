"""What a compiled campaign is about and listens for, as the intake and the pages need it."""

from __future__ import annotations

from nextvisit.flow.engine.program import Program
from nextvisit.flow.engine.state import State
from nextvisit.flow.verbs.ask import AskNode
from nextvisit.sdk.records import Specialty
from nextvisit.sdk.replies import Intent


def reaches_goal(program: Program, specialty: Specialty | None) -> bool:
    """Whether a visit booked in `specialty` is what the campaign is about.

    A campaign that names no specialty is about any visit. A visit whose specialty the MIS does not say
    counts for such a campaign only: better to invite once too often than to fall silent by mistake.
    """
    return not program.specialties or specialty in program.specialties


def answers_to(program: Program, state: State | None) -> frozenset[Intent] | None:
    """What the journey listens for where it stands: the answers of its most recent ask.

    None when it asks nothing (yet, or any more, because the visit is booked).
    """
    if state is None or state.ask is None or state.booked:
        return None
    ask = program.nodes[state.ask]
    return frozenset(ask.answers) if isinstance(ask, AskNode) else None
