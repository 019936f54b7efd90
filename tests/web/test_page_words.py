"""What is typed on the page is read like any reply, whichever button was pressed, and the page answers it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.domain.auto_reply import LANGUAGES
from nextvisit.flow.engine.events import PatientGone, Replied
from nextvisit.intake.page_answer import PageMeaning, together
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.replies import Intent
from nextvisit.store.messages import replies
from nextvisit.store.queues import inbox
from nextvisit.store.tasks import tasks
from nextvisit.understanding.model import Understood
from nextvisit.web.texts import TEXTS
from tests.world.clock import SetClock
from tests.world.site import SITE
from tests.world.web import Web

pytestmark = pytest.mark.anyio
URGENT = "boli mnie w klatce piersiowej od rana"
BUTTONS = (Intent.CHOICE, Intent.WANTS_VISIT, Intent.OTHER_TIMES, Intent.TOO_EXPENSIVE, Intent.QUESTION)
STOPPING = (Intent.URGENT, Intent.DECEASED, Intent.HOLD, Intent.OPT_OUT, Intent.WRONG_NUMBER)


async def _offering(web: Web) -> str:
    """The path of a page that offers two times."""
    offer = await web.clinic.an_offer(web.journey)
    message = await web.clinic.a_message(web.journey, node="book", provider_ref="p2", offer=offer.id)
    return f"/v/{await web.clinic.a_token(message, 'page')}"


async def _path(web: Web) -> str:
    return f"/v/{await web.clinic.a_token(web.message, 'page')}"


async def _post(web: Web, path: str, answer: str, text: str) -> tuple[str, str]:
    """(the last of the path, the page) to which it leads."""
    landed = await web.http.post(path, data={"answer": answer, "text": text}, follow_redirects=True)
    return landed.url.path.removeprefix(path).removeprefix("/"), landed.text


async def _heard(web: Web) -> list[Intent]:
    await web.clinic.drain()
    return [each.intent for each in await web.clinic.heard(web.journey) if isinstance(each, Replied)]


async def _reasons(web: Web) -> list[str]:
    async with web.clinic.db.transaction() as tx:
        return [task.reason.value for task in await tasks.listing(tx)]


def test_the_pages_speak_every_language_that_is_understood() -> None:
    assert set(TEXTS) == set(LANGUAGES)


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("typed", STOPPING)
def test_what_stops_us_wins_over_every_button(button: Intent, typed: Intent) -> None:
    assert together(button, 2 if button is Intent.CHOICE else None, Understood(typed)) == PageMeaning(typed)


@pytest.mark.parametrize("button", [Intent.CHOICE, Intent.WANTS_VISIT])
@pytest.mark.parametrize(
    "typed",
    sorted(set(Intent) - set(STOPPING) - {Intent.CHOICE, Intent.CONFIRM, Intent.WANTS_VISIT}),
)
def test_a_button_permits_nothing_beside_words_that_do_not_go_with_it(button: Intent, typed: Intent) -> None:
    meant = together(button, 2, Understood(typed))
    assert (meant.intent, meant.asks) == (Intent.UNCLEAR, True)


@pytest.mark.parametrize("typed", [Intent.CONFIRM, Intent.WANTS_VISIT])
def test_a_button_with_words_that_say_the_same_is_meant(typed: Intent) -> None:
    assert together(Intent.CHOICE, 2, Understood(typed)) == PageMeaning(Intent.CHOICE, 2)


def test_another_time_than_the_one_that_was_pressed_is_not_booked() -> None:
    assert together(Intent.CHOICE, 2, Understood(Intent.CHOICE, 1)).asks
    assert not together(Intent.CHOICE, 2, Understood(Intent.CHOICE, 2)).asks


@pytest.mark.parametrize("answer", ["question", "wants_visit", "too_expensive", "stop"])
async def test_whoever_may_need_help_reads_whom_to_call(web: Web, answer: str) -> None:
    path = await _path(web)
    ending, page = await _post(web, path, answer, URGENT)
    assert ending == "urgent"
    assert '<a class="call" href="tel:112">112</a>' in page
    assert "800 70 2222" in page
    assert SITE.phone in page
    heard = await _heard(web)
    assert heard == ([] if answer == "stop" else [Intent.URGENT])
    assert await _reasons(web) == ["urgent"]
    assert await web.clinic.rows("SELECT * FROM auto_reply") == []
    if answer == "stop":
        assert isinstance((await web.clinic.heard(web.journey))[-1], PatientGone)


async def test_a_time_that_was_pressed_beside_an_urgent_word_is_not_booked(web: Web) -> None:
    path = await _offering(web)
    ending, _ = await _post(web, path, "slot:2", URGENT)
    assert (ending, await _heard(web)) == ("urgent", [Intent.URGENT])


async def test_a_stop_that_is_typed_is_a_stop(web: Web) -> None:
    ending, page = await _post(web, await _path(web), "wants_visit", "STOP")
    assert ending == "stopped"
    assert "Nie będziemy już przysyłać" in page
    assert await _heard(web) == []
    assert isinstance((await web.clinic.heard(web.journey))[-1], PatientGone)


async def test_words_beside_a_stop_are_read_by_a_person(web: Web) -> None:
    ending, _ = await _post(web, await _path(web), "stop", "Czy moje wyniki są gotowe?")
    assert ending == "stopped"
    assert await _heard(web) == []
    assert await _reasons(web) == ["reply_without_journey"]


async def test_the_page_names_the_time_that_is_being_booked(web: Web) -> None:
    path = await _offering(web)
    ending, page = await _post(web, path, "slot:2", "")
    assert ending == "chosen-2"
    assert "Rezerwujemy termin: wt. 03.03 11:00" in page
    assert await _heard(web) == [Intent.CHOICE]


async def test_a_time_with_a_question_is_asked_back_and_booked_when_it_is_pressed_again(web: Web) -> None:
    path = await _offering(web)
    ending, page = await _post(web, path, "slot:2", "Czy trzeba być na czczo?")
    assert ending == "sure-2"
    assert "Czy zarezerwować termin: wt. 03.03 11:00?" in page
    assert f'action="../{path.removeprefix("/v/")}"' in page
    assert await _heard(web) == [Intent.UNCLEAR]
    async with web.clinic.db.transaction() as tx:
        assert await replies.last_note(tx, web.journey, why="test") == "Czy trzeba być na czczo?"
    ending, _ = await _post(web, path, "slot:2", "")
    assert (ending, await _heard(web)) == ("chosen-2", [Intent.UNCLEAR, Intent.CHOICE])


async def test_a_wish_for_a_visit_with_a_negation_is_asked_back(web: Web) -> None:
    path = await _path(web)
    ending, page = await _post(web, path, "wants_visit", "nie wiem jeszcze, muszę zapytać żony")
    assert ending == "sure"
    assert 'value="wants_visit"' in page
    assert Intent.WANTS_VISIT not in await _heard(web)
    ending, _ = await _post(web, path, "wants_visit", "")
    assert (ending, (await _heard(web))[-1]) == ("thanks", Intent.WANTS_VISIT)


async def test_a_question_is_read_by_a_person_and_the_page_says_so(web: Web) -> None:
    ending, page = await _post(web, await _path(web), "question", "Czy trzeba być na czczo?")
    assert ending == "read"
    assert TEXTS["pl"].read in page
    assert await _heard(web) == [Intent.QUESTION]


async def test_a_number_that_is_typed_where_no_times_are_shown_books_nothing(web: Web) -> None:
    path = await _path(web)
    await web.clinic.an_offer(web.journey)
    await _post(web, path, "question", "2")
    assert await _heard(web) == [Intent.QUESTION]


async def test_a_page_that_is_over_hears_what_stops_us_all_the_same(web: Web, clock: SetClock) -> None:
    path = await _path(web)
    clock.move(timedelta(days=700))
    ending, page = await _post(web, path, "question", URGENT)
    assert ending == "urgent"
    assert "112" in page
    await web.clinic.drain()
    assert await _reasons(web) == ["urgent"]


async def test_the_number_is_shown_though_nothing_can_be_kept(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await _path(web)

    async def away(*_args: object, **_more: object) -> bool:
        raise RetryLater("store.unavailable")

    monkeypatch.setattr(inbox, "put", away)
    urgent = await web.http.post(path, data={"answer": "question", "text": URGENT})
    assert (urgent.status_code, "112" in urgent.text) == (503, True)
    assert TEXTS["pl"].trouble in urgent.text
    other = await web.http.post(path, data={"answer": "question", "text": "Ile to trwa?"})
    assert (other.status_code, "112" in other.text) == (503, False)


@pytest.mark.parametrize("ending", ["sure-2", "chosen-9", "sure"])
async def test_a_page_that_follows_no_answer_of_this_link_shows_no_time(web: Web, ending: str) -> None:
    path = await _path(web)
    page = await web.http.get(f"{path}/{ending}")
    assert page.status_code == 200
    assert "03.03" not in page.text


@pytest.mark.parametrize("ending", ["sure-0", "chosen-222", "x", "urgent-1"])
async def test_there_are_no_other_pages_below_a_link(web: Web, ending: str) -> None:
    path = await _path(web)
    assert (await web.http.get(f"{path}/{ending}")).status_code == 422
