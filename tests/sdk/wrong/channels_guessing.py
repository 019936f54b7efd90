"""Channels for Pigeon that take a word that they do not know for one that they know."""

from __future__ import annotations

from collections.abc import Mapping

from nextvisit.sdk.channels import OutgoingMessage, Reachability
from nextvisit.sdk.doors import Answer, Handshake, RawRequest, Received
from nextvisit.sdk.errors import NextVisitError, Rejected
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.pigeon import REACHED, Item, PigeonChannel
from tests.sdk.wrong import wrong

_CHALLENGE = "a_challenge_is_answered_to_nobody_else"
_STATUS = "a_status_that_it_does_not_know_is_no_answer"


@wrong("a challenge without its proof gives Handshake", _CHALLENGE)
class AnswersAnyChallenge(PigeonChannel):
    """Whoever asks learns that the clinic listens here, and may lead its calls elsewhere."""

    def require_word(self, asked: Mapping[str, str]) -> None:
        pass


@wrong("a challenge with an empty proof gives Handshake", _CHALLENGE)
class AnswersAChallengeWithAnyWord(PigeonChannel):
    def require_word(self, asked: Mapping[str, str]) -> None:
        if "word" not in asked:
            raise Rejected("pigeon.word", scope="account")


@wrong("a challenge is not answered as the other side wants it", _CHALLENGE)
class AnswersChallengesInItsOwnWords(PigeonChannel):
    """The provider never calls."""

    def receive(self, request: RawRequest) -> Received:
        super().receive(request)
        return Handshake(Answer(200, b"OK")) if request.method == "GET" else super().receive(request)


@wrong("receive raised KeyError", _CHALLENGE)
class StumblesOverAStranger(PigeonChannel):
    def require_word(self, asked: Mapping[str, str]) -> None:
        super().require_word({"word": asked["word"]})


@wrong(
    "find_message gave NoneType although its address leads elsewhere",
    "an_address_that_leads_elsewhere_does_not_say_that_a_message_is_not_there",
)
class TakesAnyAbsenceForNo(PigeonChannel):
    """A wrong path in the settings, and whoever's answer was cut is texted twice."""

    def require_our_place(self, said: Item) -> None:
        pass


@wrong("a status that nobody knows is taken for `no`", _STATUS)
class TakesAStrangeStatusForNo(PigeonChannel):
    """The day the provider finds a new word, everybody's rung is passed over for a week."""

    def reached(self, status: str) -> Reachability:
        return REACHED.get(status, Reachability.NO)


@wrong("a status that nobody knows is taken for `yes`", _STATUS)
class TakesAStrangeStatusForYes(PigeonChannel):
    def reached(self, status: str) -> Reachability:
        return REACHED.get(status, Reachability.YES)


@wrong("a status that nobody knows raises Rejected (pigeon.status, scope account)", _STATUS)
class StopsAtAStrangeStatus(PigeonChannel):
    def reached(self, status: str) -> Reachability:
        if status not in REACHED:
            raise Rejected("pigeon.status", scope="account")
        return REACHED[status]


@wrong(
    "a refusal under a code that nobody knows raises Rejected (pigeon.nobody, scope recipient)",
    "a_refusal_that_nobody_knows_is_not_the_recipient_s_fault",
)
class TakesAnyRefusalForABadAddress(PigeonChannel):
    """Out of money, and every patient's number is remembered as one that takes nothing."""

    def refused(self, code: str, message: OutgoingMessage) -> NextVisitError:
        return self.refusal(message)


globals().update(kits_of(globals()))
