"""A challenge before the first call: it is answered to who proves to be the other side, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from nextvisit.sdk.doors import Answer, Handshake, RawRequest
from nextvisit.sdk.errors import Rejected
from nextvisit.sdk.ports import AnswersWebhooks
from nextvisit.sdk.testing.suites.callbacks import CallbackTests
from nextvisit.sdk.testing.suites.calls import ask_now, outcome_now
from nextvisit.sdk.testing.suites.kit import kind_of
from nextvisit.sdk.testing.suites.verdict import lacks, place_of, require


@dataclass(frozen=True, slots=True)
class Challenge:
    """raw: as the other side sends it. answer: what it wants to be told. proof: the name of the header, or of the
    entry of the query, by which it proves who it is.
    """

    raw: RawRequest
    answer: Answer
    proof: str


class ChallengeTests(CallbackTests):
    """What `receive` makes of a `Challenge`."""

    @pytest.mark.anyio
    async def test_a_challenge_is_answered_to_nobody_else(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            if not isinstance(plugin, AnswersWebhooks):
                lacks(
                    "nobody calls this plugin over HTTP", "implement AnswersWebhooks if the other side does"
                )
            if not peer.challenges:
                lacks(
                    "the peer shows no challenge",
                    "give it `challenges` if the other side sends one that proves who asks",
                )
            where = place_of(plugin, "receive")
            for each in peer.challenges:
                require(
                    each.proof in dict((*each.raw.query, *each.raw.headers)),
                    "a challenge of the peer does not hold its proof",
                    where="challenges",
                    right="`proof` is the name of a header of the call, or of an entry of its query",
                )
                require(
                    ask_now(plugin, "receive", each.raw) == Handshake(each.answer),
                    "a challenge is not answered as the other side wants it",
                    where=where,
                    right="Handshake(Answer(…)) with what it asks for; nothing of it is kept",
                )
                for what, forged in _unproved(each):
                    answer, error = outcome_now(plugin, "receive", forged)
                    said = f"gives {type(answer).__name__}" if error is None else f"raises {kind_of(error)}"
                    require(
                        isinstance(error, Rejected),
                        f"a challenge {what} {said}",
                        where=where,
                        right="compare its proof first, in constant time (hmac.compare_digest); else raise Rejected",
                    )


def _unproved(each: Challenge) -> Iterator[tuple[str, RawRequest]]:
    """The same, in all but its proof."""
    for what, instead in (
        ("without its proof", None),
        ("with an empty proof", ""),
        ("with another proof", "0"),
    ):
        query, headers = (
            tuple(
                (name, value if name != each.proof else _as_long(value, instead))
                for name, value in pairs
                if name != each.proof or instead is not None
            )
            for pairs in (each.raw.query, each.raw.headers)
        )
        yield what, replace(each.raw, query=query, headers=headers)


def _as_long(value: str, of: str | None) -> str:
    """As long, and something else; empty of nothing."""
    return "".join("1" if each == of else of or "" for each in value)
