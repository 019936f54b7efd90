"""Simulated patients: they meet real pages and a real message centre."""

from __future__ import annotations

import asyncio
import json
import ssl
import stat
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import aiosmtplib
import pytest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from nextvisit_sandbox.behaviours import TABLE, Behaviours, Character, dealt
from nextvisit_sandbox.population.specialties import Specialty
from nextvisit_sandbox.received import Address, ReceivedSms
from nextvisit_sandbox.web import Web

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from starlette.requests import Request

    from nextvisit_sandbox.clinic import SandboxClinic
    from tests.sandbox.conftest import Opened, Until

pytestmark = pytest.mark.anyio
INVITE = ("wants_visit", "too_expensive", "question", "stop")
OFFER = ("slot:1", "slot:2", "slot:3", "other_times")


class Pages:
    """A stand-in for the appliance's pages: one link per set of buttons, and a pixel."""

    def __init__(self) -> None:
        self.links: dict[str, Sequence[str]] = {}
        self.visits: list[tuple[str, str, str]] = []
        self.posted: list[tuple[str, dict[str, list[str]]]] = []
        self.failures = 0
        routes = [
            Route("/pixel/{token}", self._pixel),
            Route("/p/{token}", self._page),
            Route("/p/{token}/answer", self._answer, methods=["POST"]),
        ]
        self.web = Web(routes, host="127.0.0.1", port=0)

    def mail(self, token: str, buttons: Sequence[str]) -> str:
        """HTML of a mail with a link to a page with these buttons."""
        self.links[token] = buttons
        base = f"http://127.0.0.1:{self.web.port}"
        return (
            f'<p>Dzień dobry</p><a data-nextvisit="page" href="{base}/p/{token}">Odpowiedz</a>'
            f'<a href="{base}/p/unsubscribe">inne</a><img src="{base}/pixel/{token}" alt="">'
        )

    def answers(self) -> list[str]:
        """Buttons that were pressed."""
        return [data["answer"][0] for _, data in self.posted]

    async def _pixel(self, request: Request) -> Response:
        self._note(request)
        return Response(b"", media_type="image/gif")

    async def _page(self, request: Request) -> Response:
        self._note(request)
        if self.failures:
            self.failures -= 1
            return Response("ill", 503)
        token = request.path_params["token"]
        buttons = "".join(f'<button name="answer" value="{b}">x</button>' for b in self.links.get(token, ()))
        return HTMLResponse(
            f'<form method="post" action="/p/{token}/answer">'
            '<input type="hidden" name="csrf" value="c&amp;1">'
            f'<textarea name="text"></textarea>{buttons}</form>'
        )

    async def _answer(self, request: Request) -> Response:
        body = (await request.body()).decode()
        self.posted.append((request.path_params["token"], parse_qs(body, strict_parsing=True)))
        return HTMLResponse("<p>Dziękujemy</p>")

    def _note(self, request: Request) -> None:
        kind = request.url.path.split("/")[1]
        self.visits.append((kind, request.path_params["token"], request.headers["user-agent"]))


@dataclass(slots=True)
class HandClock:
    """A clock that moves when a test moves it, so that no machine is too slow for it."""

    shows: datetime = datetime(2026, 11, 23, 11, tzinfo=UTC)

    def now(self) -> datetime:
        return self.shows

    def at_wall(self, wall: datetime) -> datetime:
        return self.shows

    def wall_span(self, span: timedelta) -> timedelta:
        return timedelta(milliseconds=5)

    def wall_until(self, instant: datetime, since: datetime) -> timedelta:
        return timedelta(milliseconds=5)


def later(clinic: SandboxClinic, span: timedelta) -> None:
    """Move the clinic's clock on; who waits for an instant until then finds it past."""
    shown = clinic.clock.shown
    assert isinstance(shown, HandClock)
    shown.shows += span


def nobody_is_busy(clinic: SandboxClinic) -> bool:
    """Whether every patient has done what they are going to do."""
    return not clinic.patients._tasks._running


A_REPLY = timedelta(hours=5)
"""By then everybody has answered who does."""


@asynccontextmanager
async def the_pages() -> AsyncGenerator[Pages, None]:
    pages = Pages()
    await pages.web.start()
    try:
        yield pages
    finally:
        await pages.web.stop()


def one_who_has(clinic: SandboxClinic, language: str = "pl") -> tuple[str, str, str]:
    """Id, mailbox and phone of a patient who has both."""
    book = clinic.patients._book
    for mailbox, owner in book._mailboxes.items():
        for phone, holder in book._phones.items():
            if holder == owner and owner.language == language:
                return owner.patient, mailbox, phone
    pytest.fail(f"nobody speaks {language}")


async def send_mail(clinic: SandboxClinic, to: str, html: str, number: int) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "klinika@sandbox.example", to, "Zaproszenie"
    mail["Message-ID"] = f"<{number}@nextvisit.example>"
    mail.set_content("Dzień dobry")
    mail.add_alternative(html, subtype="html")
    await aiosmtplib.send(
        mail,
        hostname="127.0.0.1",
        port=clinic.smtp_port,
        start_tls=True,
        tls_context=ssl.create_default_context(cafile=clinic.config.ca_file),
        username=clinic.config.smtp_user,
        password=clinic.config.smtp_password.get_secret_value(),
    )


def text_to(clinic: SandboxClinic, phone: str, text: str) -> None:
    """As the message centre hands it on once it is whole."""
    sms = ReceivedSms(Address("Klinika", 5, 0), phone, text, 1, delivered=True, at=clinic.clock.now())
    clinic.patients.got_sms(sms)


def replies_of(clinic: SandboxClinic, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What patients write, taken where it enters the message centre."""
    replies: list[str] = []

    def keep(_sender: Address, _to: Address, text: str) -> None:
        replies.append(text)

    monkeypatch.setattr(clinic.patients, "_write_in", keep)
    return replies


@pytest.fixture
def chosen(opened: Opened) -> Any:
    """Opens a clinic in which one patient has the given character."""

    @asynccontextmanager
    async def chosen(
        character: str,
        language: str = "pl",
        **options: Any,
    ) -> AsyncGenerator[tuple[SandboxClinic, str, str, str], None]:
        async with opened(patients=120) as model:
            patient, mailbox, phone = one_who_has(model, language)
        given = {"patients": 120, "patients_act": True, "behaviours": {patient: character}, **options}
        async with opened(**given) as clinic:
            clinic.clock.shown = HandClock()
            yield clinic, patient, mailbox, phone

    return chosen


async def test_a_patient_answers_the_invitation_and_picks_a_time_by_mail(chosen: Any, until: Until) -> None:
    async with chosen("mail_yes") as (clinic, _, mailbox, _phone), the_pages() as pages:
        pages.failures = 1  # The patient tries again.
        await send_mail(clinic, mailbox, pages.mail("invite", INVITE), 1)
        later(clinic, A_REPLY)
        await until(lambda: pages.answers() == ["wants_visit"])
        assert pages.posted[0][1]["csrf"] == ["c&1"]
        await send_mail(clinic, mailbox, pages.mail("offer", OFFER), 2)
        later(clinic, A_REPLY)
        await until(lambda: len(pages.posted) == 2)
        assert pages.posted[1][0] == "offer"
        assert pages.answers()[1] in OFFER[:3]
        assert ("pixel", "invite") in [visit[:2] for visit in pages.visits]


async def test_a_question_is_asked_in_words(chosen: Any, until: Until) -> None:
    async with chosen("mail_question") as (clinic, _, mailbox, _phone), the_pages() as pages:
        await send_mail(clinic, mailbox, pages.mail("invite", INVITE), 1)
        later(clinic, A_REPLY)
        await until(lambda: pages.posted)
        assert pages.posted[0][1]["text"][0].endswith("?")


async def test_the_same_mail_twice_is_answered_once(chosen: Any, until: Until) -> None:
    async with chosen("mail_yes") as (clinic, _, mailbox, _phone), the_pages() as pages:
        for _ in range(2):
            await send_mail(clinic, mailbox, pages.mail("invite", INVITE), 1)
        later(clinic, A_REPLY)
        await until(lambda: pages.posted)
        later(clinic, timedelta(hours=12))
        await until(lambda: nobody_is_busy(clinic))
        assert pages.answers() == ["wants_visit"]


async def test_a_scanner_only_looks(chosen: Any, until: Until) -> None:
    async with chosen("scanned") as (clinic, _, mailbox, _phone), the_pages() as pages:
        await send_mail(clinic, mailbox, pages.mail("invite", INVITE), 1)
        later(clinic, A_REPLY)
        await until(lambda: pages.visits)
        later(clinic, timedelta(hours=12))
        await until(lambda: nobody_is_busy(clinic))
        ((kind, _token, agent),) = pages.visits
        assert kind == "p"
        assert "Scanner" in agent
        assert not pages.posted


async def test_scanners_fetch_all_links_before_the_mail_is_taken_and_again_and_press_nothing(
    chosen: Any, until: Until
) -> None:
    async with (
        chosen("silent", mail_scanners=True) as (clinic, _, mailbox, _phone),
        the_pages() as pages,
    ):
        await send_mail(clinic, mailbox, pages.mail("invite", INVITE), 1)
        links = {("p", "invite"), ("p", "unsubscribe"), ("pixel", "invite")}
        inspected = Counter((kind, token) for kind, token, _ in pages.visits)
        assert inspected == dict.fromkeys(links, 2)
        later(clinic, timedelta(hours=12))
        await until(lambda: len(pages.visits) == 6 * len(links))
        agents = {agent for kind, _, agent in pages.visits if kind == "pixel"}
        assert len(agents) >= 5
        assert clinic._scanners.fetched.keys() == {"GET 200", "HEAD 200"}
        assert not pages.posted


async def test_a_patient_says_yes_and_picks_an_offered_time_by_sms(
    chosen: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chosen("sms_yes", "ru") as (clinic, _, _mailbox, phone):
        replies = replies_of(clinic, monkeypatch)
        text_to(clinic, phone, "Пора на приём. Ответьте ДА")
        later(clinic, A_REPLY)
        await until(lambda: len(replies) == 1)
        assert replies[0].lower()[0] == "д"
        text_to(clinic, phone, "1) вт 24.11 15:00 2) ср 25.11 09:30 3) пн 07.12 10:00")
        later(clinic, A_REPLY)
        await until(lambda: len(replies) == 2)
        days = ("завтра в 15:00", "в среду в 9:30", "во вторник в 15:00", "07.12 10:00", "в пн")
        assert replies[1] in {"1", "2", "3"} or replies[1] in days
        text_to(clinic, phone, "Вы записаны на 24.11 15:00")
        later(clinic, timedelta(hours=12))
        await until(lambda: nobody_is_busy(clinic))
        assert len(replies) == 2


async def test_too_expensive_turns_into_yes_after_the_discount(
    chosen: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chosen("sms_too_expensive") as (clinic, _, _mailbox, phone):
        replies = replies_of(clinic, monkeypatch)
        text_to(clinic, phone, "Zapraszamy na wizytę")
        later(clinic, A_REPLY)
        await until(lambda: len(replies) == 1)
        assert "drogo" in replies[0].lower()
        text_to(clinic, phone, "Mamy dla Państwa zniżkę")
        later(clinic, A_REPLY)
        await until(lambda: len(replies) == 2)
        assert replies[1].lower().startswith("ta")


async def test_some_wait_for_the_reminder(chosen: Any, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    async with chosen("reminder") as (clinic, _, _mailbox, phone):
        replies = replies_of(clinic, monkeypatch)
        text_to(clinic, phone, "Zapraszamy")
        later(clinic, timedelta(days=4))
        await until(lambda: nobody_is_busy(clinic))
        assert replies == []
        text_to(clinic, phone, "Przypominamy")
        later(clinic, A_REPLY)
        await until(lambda: len(replies) == 1)


async def test_one_dies_and_another_phones_reception(chosen: Any, until: Until) -> None:
    async with chosen("dies") as (clinic, patient, _mailbox, phone):
        text_to(clinic, phone, "Zapraszamy")
        later(clinic, timedelta(days=5))
        await until(lambda: "deceasedDateTime" in clinic.store.get("Patient", patient).resource)
    async with chosen("phones_reception") as (clinic, patient, _mailbox, phone):
        text_to(clinic, phone, "Zapraszamy")

        def booked() -> list[Any]:
            of_patient = clinic.store.indexed("Appointment", "patient", f"Patient/{patient}")
            return [each.resource for each in of_patient if each.created_by == "desk"]

        later(clinic, timedelta(days=4))
        await until(booked)
        (visit,) = booked()
        slot = clinic.store.get("Slot", visit["slot"][0]["reference"].removeprefix("Slot/"))
        assert (visit["status"], slot.resource["status"]) == ("booked", "busy")


async def test_reception_books_what_people_from_files_come_for(
    opened: Opened, until: Until, tmp_path: Path
) -> None:
    telecom = [{"system": "phone", "value": "+48 501 100 200", "use": "mobile"}]
    person = {"resourceType": "Patient", "id": "p1", "telecom": telecom}
    (tmp_path / "Patient.ndjson").write_text(json.dumps(person))
    options: dict[str, Any] = {"patients_act": True, "behaviours": {"p1": "phones_reception"}}
    async with opened(data=tmp_path, **options) as clinic:
        clinic.clock.shown = HandClock()
        text_to(clinic, "48501100200", "Zapraszamy")
        later(clinic, timedelta(days=4))
        await until(lambda: clinic.store.indexed("Appointment", "patient", "Patient/p1"))
        (visit,) = clinic.store.indexed("Appointment", "patient", "Patient/p1")
    assert visit.resource["specialty"] == [Specialty.GENERAL_PRACTICE.value.concept()]


async def test_nobody_acts_when_told_not_to(chosen: Any, until: Until) -> None:
    async with chosen("mail_yes", patients_act=False) as (clinic, _, mailbox, _phone), the_pages() as pages:
        await send_mail(clinic, mailbox, pages.mail("invite", INVITE), 1)
        later(clinic, timedelta(hours=12))
        await until(lambda: nobody_is_busy(clinic))
        assert pages.visits == []
        assert len(clinic.mailbox) == 1


async def test_the_journal_belongs_to_its_owner_alone(chosen: Any, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    async with chosen("silent", journal=path) as (clinic, _, _mailbox, phone):
        text_to(clinic, phone, "Zapraszamy")
        await asyncio.sleep(0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Zapraszamy" in path.read_text()


def test_characters_are_a_pure_function_and_all_occur() -> None:
    ids = [f"patient-{n:05d}" for n in range(1000)]
    drawn = [Behaviours(7, {}).of(each).character for each in ids]
    assert drawn == [Behaviours(7, {}).of(each).character for each in ids]
    assert set(drawn) == set(Character)
    assert sum(trait.weight for trait in TABLE.values()) == 100
    assert 0.2 < sum(each is Character.SMS_YES for each in drawn) / 1000 + 0.05 < 0.3


def test_fifty_patients_have_every_character_between_them_when_it_is_dealt() -> None:
    ids = [f"patient-{n:05d}" for n in range(50)]
    cast = dealt(7, ids)
    assert cast == dealt(7, ids[::-1])
    assert set(cast) == set(ids)
    assert set(cast.values()) == set(Character)
    assert cast != dealt(8, ids)
