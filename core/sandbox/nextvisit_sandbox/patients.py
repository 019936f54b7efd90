"""The simulated patients: they get mail and texts, take their time, and answer or do not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import httpx2
import structlog

from nextvisit_sandbox.behaviours import Behaviours, Character, MailHabit
from nextvisit_sandbox.conversation import Conversation
from nextvisit_sandbox.pages import Html, read_html
from nextvisit_sandbox.received import Address, ReceivedMail, ReceivedSms
from nextvisit_sandbox.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from zoneinfo import ZoneInfo

    from nextvisit_sandbox.address_book import AddressBook, Owner
    from nextvisit_sandbox.browser import Browser, Visit
    from nextvisit_sandbox.desk import Desk
    from nextvisit_sandbox.journal import Journal
    from nextvisit_sandbox.turnable_clock import TurnableClock

_SHORTEST: Final = timedelta(hours=1)
_SPREAD: Final = timedelta(hours=4)
_SCANNER_TAKES: Final = timedelta(minutes=2)
_UNTIL_DEATH: Final = timedelta(days=5)
_UNTIL_CALL: Final = timedelta(days=4)
# A message this long after the first one is the reminder, not the ladder's next rung.
_NEXT_THREAD: Final = timedelta(days=3)
# The same text sooner than this is the same message once more.
_SAME_TEXT: Final = timedelta(days=2)

_log = structlog.get_logger()


@dataclass(slots=True)
class _Person:
    """One patient's side of things."""

    conversation: Conversation
    first_at: datetime | None = None
    seen: dict[str, datetime] = field(default_factory=dict)
    count: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Patients:
    """Everybody who may be written to; each remembers their own conversation."""

    def __init__(
        self,
        *,
        behaviours: Behaviours,
        book: AddressBook,
        clock: TurnableClock,
        zone: ZoneInfo,
        browser: Browser,
        desk: Desk,
        journal: Journal,
        write_in: Callable[[Address, Address, str], None],
        act: bool,
    ) -> None:
        self.act = act
        self._behaviours = behaviours
        self._book = book
        self._clock = clock
        self._zone = zone
        self._browser = browser
        self._desk = desk
        self._journal = journal
        self._write_in = write_in
        self._people: dict[str, _Person] = {}
        self._tasks = Tasks()

    def reachable(self, digits: str) -> bool:
        """Whether texts get to this phone."""
        owner = self._book.of_phone(digits)
        return owner is None or self._behaviours.of(owner.patient).trait.reachable

    def contacted(self) -> dict[str, int]:
        """How many of each character got something."""
        counts: dict[str, int] = {}
        for person in self._people.values():
            character = person.conversation.behaviour.character.value
            counts[character] = counts.get(character, 0) + 1
        return counts

    def got_mail(self, mail: ReceivedMail) -> None:
        """A mail arrived in the mailboxes it was sent to."""
        for address in mail.to:
            self._journal.note("mail", to=address, subject=mail.subject, text=mail.text)
            owner = self._book.of_mailbox(address)
            if owner is not None:
                key = f"mail {mail.message_id or hash(mail.raw)}"
                self._got(owner, key, mail.at, lambda person, nth: self._read_mail(person, mail, nth))

    def got_sms(self, sms: ReceivedSms) -> None:
        """A text arrived on a phone, unless the phone cannot be reached."""
        if not sms.delivered:
            return
        self._journal.note("sms", to=sms.to, text=sms.text)
        owner = self._book.of_phone(sms.to)
        if owner is not None:
            key = f"sms {sms.text}"
            self._got(owner, key, sms.at, lambda person, nth: self._answer_sms(person, sms, nth))

    async def stop(self) -> None:
        """Everybody puts the phone away."""
        await self._tasks.stop()

    def _got(
        self,
        owner: Owner,
        key: str,
        at: datetime,
        react: Callable[[_Person, int], Coroutine[None, None, None]],
    ) -> None:
        if not self.act:
            return
        person = self._people.get(owner.patient)
        if person is None:
            behaviour = self._behaviours.of(owner.patient)
            talk = Conversation(owner.patient, owner.language, behaviour, self._behaviours)
            person = self._people[owner.patient] = _Person(talk)
        before = person.seen.get(key)
        if before is not None and (key.startswith("mail") or at - before < _SAME_TEXT):
            return
        person.seen[key] = at
        if person.first_at is None:
            person.first_at = at
            self._tasks.start(self._fate(person.conversation, at))
        person.count += 1
        self._tasks.start(react(person, person.count))

    async def _fate(self, talk: Conversation, at: datetime) -> None:
        """What happens to this patient whatever they are written."""
        match talk.behaviour.character:
            case Character.DIES:
                await self._clock.until(at + _UNTIL_DEATH)
                self._desk.record_death(talk.patient)
                self._journal.note("died", patient=talk.patient)
            case Character.PHONES_RECEPTION:
                await self._clock.until(at + _UNTIL_CALL)
                booked = self._desk.book(talk.patient)
                self._journal.note("phoned", patient=talk.patient, booked=booked)
            case _:
                return

    async def _answer_sms(self, person: _Person, sms: ReceivedSms, nth: int) -> None:
        await self._take_time(person, sms.at, nth)
        async with person.turn:
            now = self._clock.now().astimezone(self._zone).replace(tzinfo=None)
            reminder = self._is_reminder(person, sms.at)
            reply = person.conversation.reply_to_text(sms.text, reminder=reminder, now=now)
        if reply is not None:
            self._journal.note("replied", sender=sms.to, text=reply)
            self._write_in(Address(sms.to), sms.sender, reply)

    async def _read_mail(self, person: _Person, mail: ReceivedMail, nth: int) -> None:
        content = read_html(mail.html)
        talk = person.conversation
        arrived = mail.at
        if talk.behaviour.mail is MailHabit.SCANNED:
            arrived += _SCANNER_TAKES
            await self._clock.until(arrived)
            async with self._browser.visit(scanner=True) as visit:
                for link in content.page_links:
                    await self._fetch(visit, link)
        await self._take_time(person, arrived, nth)
        async with person.turn:
            if talk.behaviour.mail is MailHabit.OPENS:
                async with self._browser.visit() as visit:
                    await self._look(visit, mail, content)
            reminder = self._is_reminder(person, mail.at)
            ignores = talk.behaviour.trait.waits_for_reminder and not reminder
            if talk.opens_mail() and not ignores:
                async with self._browser.visit() as visit:
                    await self._look(visit, mail, content)
                    await self._answer_pages(visit, talk, content, reminder=reminder)

    async def _answer_pages(self, visit: Visit, talk: Conversation, content: Html, *, reminder: bool) -> None:
        for link in dict.fromkeys(content.page_links):
            if link in talk.answered_pages:
                continue
            page = await self._fetch(visit, link)
            if page is not None:
                await self._press(visit, talk, link, page, reminder=reminder)

    async def _press(
        self, visit: Visit, talk: Conversation, link: str, page: httpx2.Response, *, reminder: bool
    ) -> None:
        for form in read_html(page.text).forms:
            answer = talk.button(form.answers, reminder=reminder)
            if answer is None:
                continue
            url = urljoin(str(page.url), form.action)
            # The field stands beside every button; somebody who presses "yes" does not ask there, too.
            typed = talk.question() if answer == "question" else ""
            response = await visit.post(url, form.filled(answer, typed))
            self._journal.note("pressed", patient=talk.patient, answer=answer, status=response.status_code)
            if response.is_success:
                talk.answered_pages.add(link)
                talk.pressed(answer)
            else:
                _log.warning("sandbox.answer_refused", status=response.status_code)
            return

    async def _look(self, visit: Visit, mail: ReceivedMail, content: Html) -> None:
        self._journal.note("opened", message=mail.message_id)
        for image in content.images:
            await self._fetch(visit, image)

    async def _fetch(self, visit: Visit, url: str) -> httpx2.Response | None:
        """A page that is there; a refusal is noted and final, a patient cannot do anything about it."""
        try:
            response = await visit.get(url)
        except httpx2.TransportError as error:
            _log.warning("sandbox.page_unreachable", kind=type(error).__name__)
            return None
        if not response.is_success:
            _log.warning("sandbox.page_refused", status=response.status_code)
            return None
        return response

    def _is_reminder(self, person: _Person, at: datetime) -> bool:
        return person.first_at is not None and at - person.first_at >= _NEXT_THREAD

    async def _take_time(self, person: _Person, arrived: datetime, nth: int) -> None:
        # From when it arrived on: a busy machine makes nobody slower.
        chance = self._behaviours.chance(person.conversation.patient, f"delay/{nth}")
        await self._clock.until(arrived + _SHORTEST + _SPREAD * chance)
