"""Channels for Pigeon that say wrongly what became of a message whose answer never came."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from nextvisit.sdk.channels import Accepted, MessageId, OutgoingMessage
from nextvisit.sdk.errors import Rejected, RetryLater
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.pigeon import PigeonChannel
from tests.sdk.wrong import wrong


@wrong(
    "find_message does not find what was sent, so the patient is texted twice",
    "a_message_that_was_sent_is_found",
    "a_message_whose_answer_was_cut_is_found",
)
class ForgetsWhatItSentWhenItIsClosed(PigeonChannel):
    """What this process remembers is all that it looks at, and another one asks."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._sent: set[MessageId] = set()

    async def send(self, message: OutgoingMessage) -> Accepted:
        self._sent.add(message.id)
        return await super().send(message)

    async def find_message(self, message: MessageId) -> Accepted | None:
        found = await super().find_message(message)
        return found if message in self._sent else None


@wrong("find_message finds what was never sent", "another_message_is_not_found")
class FindsWhatWasNeverSent(PigeonChannel):
    async def find_message(self, message: MessageId) -> Accepted | None:
        return await super().find_message(message) or Accepted("p-1")


@wrong("find_message finds another message to the same address", "another_message_is_not_found")
class FindsTheFirstOne(PigeonChannel):
    async def find_message(self, message: MessageId) -> Accepted | None:
        return Accepted("p-1") if await super().find_message(message) else None


@wrong("find_message finds another id", "a_message_that_was_sent_is_found", "another_message_is_not_found")
class FindsItUnderAnotherId(PigeonChannel):
    """The reports that come later name the message by the id that send gave."""

    async def find_message(self, message: MessageId) -> Accepted | None:
        return Accepted(message) if await super().find_message(message) else None


@wrong(
    "find_message gave NoneType although nobody answers",
    "silence_is_not_taken_for_a_message_that_is_not_there",
)
class TakesSilenceForNo(PigeonChannel):
    """Whenever the gateway is away, those whose answer was cut are texted twice."""

    async def find_message(self, message: MessageId) -> Accepted | None:
        try:
            return await super().find_message(message)
        except RetryLater:
            return None


@wrong(
    "find_message gave NoneType although the secret is wrong",
    "who_is_not_let_in_does_not_say_that_a_message_is_not_there",
)
class TakesAClosedDoorForNo(PigeonChannel):
    async def find_message(self, message: MessageId) -> Accepted | None:
        try:
            return await super().find_message(message)
        except Rejected:
            return None


@wrong("repeated with its id, a message arrives 3 times", "a_send_that_is_repeated_with_its_id_arrives_once")
class BoastsThatItRepeats(PigeonChannel):
    def key(self, message: OutgoingMessage) -> str | None:
        return None


@wrong("repeated with its id, a message arrives 2 times", "a_send_that_is_repeated_with_its_id_arrives_once")
class MakesAKeyInEachProcess(PigeonChannel):
    """After a restart the same message has another one."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._process = uuid4()

    def key(self, message: OutgoingMessage) -> str | None:
        return f"{self._process} {message.id}"


@wrong(
    "another message with the same words is taken for one that was sent, and is lost",
    "a_send_that_is_repeated_with_its_id_arrives_once",
)
class MakesAKeyOfTheWords(PigeonChannel):
    """A second reminder, or the same words to another member of the family, never arrives."""

    def key(self, message: OutgoingMessage) -> str | None:
        return f"{message.to} {message.content.text}"


globals().update(kits_of(globals()))
