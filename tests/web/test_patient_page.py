"""The patient page: looking changes nothing, pressing is committed and done once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

import pytest

from nextvisit.flow.engine.events import Delivered, Opened, PatientGone, Replied
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.records import ContactPoint, MisRef, Purpose
from nextvisit.sdk.replies import Intent
from nextvisit.store.campaigns import campaigns
from nextvisit.store.messages import replies
from nextvisit.store.people import consents
from nextvisit.store.queues import inbox
from tests.world.clock import NOW, SetClock
from tests.world.records import CANARY, PHONE, a_patient
from tests.world.site import SITE
from tests.world.web import Web, client, deps_of

pytestmark = pytest.mark.anyio


async def _replies(web: Web) -> list[Replied]:
    return [each for each in await web.clinic.heard(web.journey) if isinstance(each, Replied)]


def _buttons(html: str) -> list[str]:
    return re.findall(r'name="answer" value="([^"]+)"', html)


async def test_the_page_asks_what_the_campaign_asks_and_names_nobody(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    page = await web.http.get(f"/v/{token}")
    assert page.status_code == 200
    assert _buttons(page.text) == ["wants_visit", "too_expensive", "question", "stop"]
    assert SITE.name in page.text
    assert SITE.phone in page.text
    assert '<html lang="pl">' in page.text
    assert CANARY not in page.text
    assert "Anna" not in page.text
    assert "<script" not in page.text


async def test_the_page_may_do_nothing_but_post_to_itself(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    headers = (await web.http.get(f"/v/{token}")).headers
    policy = headers["content-security-policy"]
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "style-src 'sha256-"):
        assert rule in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in headers


async def test_looking_changes_only_a_counter(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    before = await web.clinic.rows("SELECT * FROM message")
    await web.http.get(f"/v/{token}")
    await web.http.head(f"/v/{token}")
    assert await web.clinic.rows("SELECT prefetched, used_at FROM link") == [(2, None)]
    assert await web.clinic.rows("SELECT * FROM message") == before
    assert await web.clinic.drain() == 0


async def test_a_pressed_button_is_a_click_and_one_reply(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    landed = await web.http.post(f"/v/{token}", data={"answer": "wants_visit"}, follow_redirects=True)
    assert [each.status_code for each in landed.history] == [303]
    assert (landed.status_code, landed.url.path) == (200, f"/v/{token}/thanks")
    assert "Dziękujemy" in landed.text
    again = await web.http.post(f"/v/{token}", data={"answer": "wants_visit"})
    assert again.status_code == 200
    await web.clinic.drain()
    assert [each.intent for each in await _replies(web)] == [Intent.WANTS_VISIT]
    assert [type(each) for each in await web.clinic.heard(web.journey)] == [Delivered, Opened, Replied]


async def test_a_question_arrives_with_its_text(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    answer = await web.http.post(f"/v/{token}", data={"answer": "question", "text": f" {CANARY}? "})
    assert answer.status_code == 303
    await web.clinic.drain()
    assert [each.intent for each in await _replies(web)] == [Intent.QUESTION]
    async with web.clinic.db.transaction() as tx:
        assert await replies.last_note(tx, web.journey, why="test") == f"{CANARY}?"


async def test_an_offered_time_is_chosen_by_its_number(web: Web) -> None:
    offer = await web.clinic.an_offer(web.journey)
    message = await web.clinic.a_message(web.journey, node="book", provider_ref="p2", offer=offer.id)
    token = await web.clinic.a_token(message, "page")
    page = await web.http.get(f"/v/{token}")
    assert _buttons(page.text) == ["slot:1", "slot:2", "other_times", "question", "stop"]
    assert (await web.http.post(f"/v/{token}", data={"answer": "slot:3"})).status_code == 409
    assert (await web.http.post(f"/v/{token}", data={"answer": "slot:2"})).status_code == 303
    await web.clinic.drain()
    assert [(each.intent, each.choice) for each in await _replies(web)] == [(Intent.CHOICE, 2)]


async def test_a_choice_from_an_offer_that_was_replaced_asks_for_other_times(web: Web) -> None:
    offer = await web.clinic.an_offer(web.journey)
    message = await web.clinic.a_message(web.journey, node="book", provider_ref="p2", offer=offer.id)
    token = await web.clinic.a_token(message, "page")
    await web.http.post(f"/v/{token}", data={"answer": "slot:1"})
    await web.clinic.an_offer(web.journey, occurrence=2)
    await web.clinic.drain()
    assert [(each.intent, each.choice) for each in await _replies(web)] == [(Intent.OTHER_TIMES, None)]


async def test_the_page_of_a_superseded_offer_asks_nothing_any_more(web: Web) -> None:
    offer = await web.clinic.an_offer(web.journey)
    message = await web.clinic.a_message(web.journey, node="book", provider_ref="p2", offer=offer.id)
    token = await web.clinic.a_token(message, "page")
    await web.clinic.an_offer(web.journey, occurrence=2)
    assert _buttons((await web.http.get(f"/v/{token}")).text) == ["stop"]
    for answer in ("slot:1", "other_times"):
        assert (await web.http.post(f"/v/{token}", data={"answer": answer})).status_code == 200
    assert await web.clinic.drain() == 0


async def test_an_older_page_without_times_does_not_show_those_of_an_offer(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    await web.clinic.an_offer(web.journey)
    assert not [button for button in _buttons((await web.http.get(f"/v/{token}")).text) if "slot" in button]


async def test_the_page_of_a_stopped_campaign_asks_nothing_any_more(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    async with web.clinic.db.transaction() as tx:
        await campaigns.set_state(tx, "reactivation", "stopped")
    assert _buttons((await web.http.get(f"/v/{token}")).text) == ["stop"]
    assert (await web.http.post(f"/v/{token}", data={"answer": "wants_visit"})).status_code == 200
    assert await web.clinic.drain() == 0


async def test_stop_works_even_when_the_link_was_used(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    await web.http.post(f"/v/{token}", data={"answer": "wants_visit"})
    used = await web.http.get(f"/v/{token}")
    assert _buttons(used.text) == ["stop"]
    assert (await web.http.post(f"/v/{token}", data={"answer": "stop"})).status_code == 303
    await web.clinic.drain()
    assert isinstance((await web.clinic.heard(web.journey))[-1], PatientGone)


@pytest.mark.parametrize("answer", ["", "slot:1", "slot:-1", "slot:²", "other_times", "delete", "question"])
async def test_what_the_page_does_not_offer_is_not_taken(web: Web, answer: str) -> None:
    token = await web.clinic.a_token(web.message, "page")
    assert (await web.http.post(f"/v/{token}", data={"answer": answer})).status_code == 409
    assert await web.clinic.drain() == 0


async def test_an_old_page_still_takes_a_refusal_and_shows_nothing_else(web: Web, clock: SetClock) -> None:
    offer = await web.clinic.an_offer(web.journey)
    message = await web.clinic.a_message(web.journey, node="book", provider_ref="p2", offer=offer.id)
    token = await web.clinic.a_token(message, "page")
    clock.move(timedelta(days=700))
    page = await web.http.get(f"/v/{token}")
    assert (page.status_code, _buttons(page.text)) == (200, ["stop"])
    assert "Ten link nie jest już aktywny" in page.text
    for answer in ("slot:1", "other_times", "wants_visit", "question"):
        late = await web.http.post(f"/v/{token}", data={"answer": answer, "text": "?"})
        assert (late.status_code, _buttons(late.text)) == (200, ["stop"])
    assert await web.clinic.drain() == 0
    landed = await web.http.post(f"/v/{token}", data={"answer": "stop"}, follow_redirects=True)
    assert (landed.status_code, "Nie będziemy już przysyłać" in landed.text) == (200, True)
    await web.clinic.drain()
    assert isinstance((await web.clinic.heard(web.journey))[-1], PatientGone)
    patient = await web.clinic.patient(MisRef("Patient/1"))
    async with web.clinic.db.transaction() as tx:
        refused = (await consents.events(tx, patient))[-1]
    assert (refused.decision, Purpose.RECALL in refused.purposes) == ("withdraw", True)
    again = await web.http.get(f"/v/{token}")
    assert "Ten link nie jest już aktywny" in again.text


async def test_dead_links_say_so_and_name_the_phone(web: Web) -> None:
    wrong_kind = await web.clinic.a_token(web.message, "unsubscribe")
    pages = [await web.http.get(f"/v/{token}") for token in ("A" * 22, "short", wrong_kind)]
    assert {page.status_code for page in pages} == {410}
    assert len({page.text for page in pages}) == 1
    assert SITE.phone in pages[0].text


async def test_nothing_is_thanked_for_before_it_is_committed(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await web.clinic.a_token(web.message, "page")

    async def away(*_args: object, **_more: object) -> bool:
        raise RetryLater("store.unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "put", away)
        failed = await web.http.post(f"/v/{token}", data={"answer": "wants_visit"})
    assert failed.status_code == 503
    assert SITE.phone in failed.text
    assert (await web.http.post(f"/v/{token}", data={"answer": "wants_visit"})).status_code == 303
    await web.clinic.drain()
    assert len(await _replies(web)) == 1


async def test_a_stuck_client_is_slowed_down(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    async with client(deps_of(web.clinic)) as http:
        statuses = [(await http.post(f"/v/{token}", data={"answer": "x"})).status_code for _ in range(12)]
    assert statuses == [409] * 10 + [429] * 2


async def test_a_form_that_is_too_large_is_refused(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "page")
    answer = await web.http.post(f"/v/{token}", data={"answer": "question", "text": "x" * 20_000})
    assert answer.status_code == 413


async def test_one_click_unsubscribe_acts_on_post_and_only_on_post(web: Web) -> None:
    token = await web.clinic.a_token(web.message, "unsubscribe")
    shown = await web.http.get(f"/u/{token}")
    assert 'name="List-Unsubscribe" value="One-Click"' in shown.text
    assert (await web.http.post(f"/u/{token}", data={"x": "y"})).status_code == 400
    assert await web.clinic.drain() == 0
    for body in (
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
    ):
        assert (await web.http.post(f"/u/{token}", **body)).status_code == 200
    await web.clinic.drain()
    assert [type(each) for each in await web.clinic.heard(web.journey)] == [PatientGone]
    assert await web.clinic.rows("SELECT origin, count(*) FROM consent_event GROUP BY 1") == [
        ("unsubscribe", 1)
    ]


@pytest.mark.parametrize("pressed", ["page", "unsubscribe"])
async def test_stop_that_is_pressed_on_another_day_is_said_again(
    web: Web, clock: SetClock, pressed: Literal["page", "unsubscribe"]
) -> None:
    token = await web.clinic.a_token(web.message, pressed)
    for _ in range(2):
        if pressed == "page":
            await web.http.post(f"/v/{token}", data={"answer": "stop"})
        else:
            await web.http.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
        await web.clinic.drain()
        clock.move(timedelta(days=1))  # and a consent between, for all we know
    said = await web.clinic.rows("SELECT DISTINCT origin, at FROM consent_event ORDER BY at")
    assert said == [(pressed, NOW), (pressed, NOW + timedelta(days=1))]


@pytest.mark.parametrize("pressed", ["page", "unsubscribe"])
async def test_stop_that_was_pressed_holds_for_the_address_that_the_link_went_to(
    web: Web, pressed: Literal["page", "unsubscribe"]
) -> None:
    token = await web.clinic.a_token(web.message, pressed)
    if pressed == "page":
        await web.http.post(f"/v/{token}", data={"answer": "stop"})
    else:
        await web.http.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
    await web.clinic.drain()
    again = a_patient(9, contact_points=(ContactPoint("phone", PHONE),))
    await web.clinic.sync(again)
    patient = await web.clinic.patient(again.ref)
    async with web.clinic.db.transaction() as tx:
        said = await consents.events(tx, patient)
    assert [(each.decision, each.channels, each.source) for each in said] == [("withdraw", (), pressed)]
