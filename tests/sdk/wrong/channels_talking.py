"""Channels for Pigeon that lose what is answered, mistake a session that is over, or guess who is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nextvisit.sdk.channels import Accepted, MessageForm, OutgoingMessage, Reachability
from nextvisit.sdk.errors import Rejected, RetryLater
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.pigeon import CAPABILITIES, PigeonChannel
from tests.sdk.wrong import wrong


@wrong("what a message answers is not told to the provider", "what_a_message_answers_is_told_to_the_provider")
class ForgetsWhatIsAnswered(PigeonChannel):
    async def send(self, message: OutgoingMessage) -> Accepted:
        return await super().send(replace(message, reply_to=None))


@wrong(
    "free words out of a session raise Rejected (pigeon.session, scope recipient)",
    "free_words_out_of_a_session_are_said_to_be_so",
)
class BlamesTheAddressForASession(PigeonChannel):
    """Whoever has been silent for a day is never written to again."""

    def out_of_session(self) -> Rejected:
        return Rejected("pigeon.session")


@wrong(
    "it has sessions, and no form in which a patient could be written to first",
    "free_words_out_of_a_session_are_said_to_be_so",
    "it_carries_each_form_that_it_promises_and_no_other",
)
class HasSessionsAndNoTemplates(PigeonChannel):
    capabilities = replace(CAPABILITIES, forms=(MessageForm.SHORT_TEXT,))


@wrong(
    "an address that takes messages is said to take none",
    "whether_an_address_is_there_is_what_the_provider_says",
    "a_status_that_it_does_not_know_is_no_answer",
)
class TakesNobodyForThere(PigeonChannel):
    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]:
        return dict.fromkeys(await super().reachable(addresses), Reachability.NO)


@wrong(
    "an address that takes nothing is said to take messages",
    "whether_an_address_is_there_is_what_the_provider_says",
    "a_status_that_it_does_not_know_is_no_answer",
)
class TakesEverybodyForThere(PigeonChannel):
    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]:
        await self.check()
        return dict.fromkeys(addresses, Reachability.YES)


@wrong(
    "reachable gives something else than what was asked",
    "whether_an_address_is_there_is_what_the_provider_says",
)
class SpellsAddressesOtherwise(PigeonChannel):
    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]:
        found = await super().reachable(addresses)
        return {address.removeprefix("+"): said for address, said in found.items()}


@wrong("reachable sends a message", "whether_an_address_is_there_is_what_the_provider_says")
class FindsOutByASend(PigeonChannel):
    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]:
        for address in addresses:
            await self.post({"id": "1", "to": address, "text": "test"})
        return await super().reachable(addresses)


@wrong(
    "reachable gives an answer when nobody answers",
    "silence_is_not_taken_for_an_address_that_is_not_there",
)
class TakesSilenceForNobody(PigeonChannel):
    """Whenever the gateway is away, everybody's rung is passed over for a week."""

    async def reachable(self, addresses: Sequence[str]) -> Mapping[str, Reachability]:
        try:
            return await super().reachable(addresses)
        except RetryLater:
            return dict.fromkeys(addresses, Reachability.NO)


globals().update(kits_of(globals()))
