"""The page behind the link in a message: what is asked, and the buttons to answer it.

Looking changes nothing but a counter, because mail scanners look too. Pressing a button commits the
answer to the inbox; the token in the URL is the only authority there is, so no other site can press it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from nextvisit.intake.deliveries import tell_journey
from nextvisit.intake.meaning import ReplyReading
from nextvisit.intake.page_answer import STOPS, PageMeaning, meaning_of
from nextvisit.intake.programs import answers_to
from nextvisit.intake.wire import PAGE_ORIGIN, PageAnswer
from nextvisit.messages.labels import slot_label
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.replies import Intent
from nextvisit.store.booking import bookings, offers
from nextvisit.store.journeys import journeys
from nextvisit.store.messages import ledger, links
from nextvisit.store.queues import inbox
from nextvisit.understanding.model import Context
from nextvisit.understanding.understand import understand
from nextvisit.web.body import read_form
from nextvisit.web.pages import Button
from nextvisit.web.patient_link import Found, find
from nextvisit.web.texts import TEXTS
from nextvisit.web.throttle import Throttle

if TYPE_CHECKING:
    from datetime import datetime

    from nextvisit.store.base.engine import Tx
    from nextvisit.store.base.ids import JourneyId
    from nextvisit.store.booking.offers import Offer
    from nextvisit.web.deps import ApiDeps
    from nextvisit.web.pages import Pages

TEXT_LIMIT: Final = 1000
_CLOSES: Final = frozenset(
    {Intent.CHOICE, Intent.WANTS_VISIT, Intent.OTHER_TIMES, Intent.TOO_EXPENSIVE, Intent.OPT_OUT}
)
"""After these the page asks no more."""
_ENDING: Final = r"^(thanks|stopped|urgent|read|sure|(sure|chosen)-[1-9]\d?)$"
_POSTS_PER_MINUTE: Final = 10


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a link stands for now.

    open: the journey runs and this link was not answered. offer: the slots of this message, while they
    may be chosen. visit: when the visit is that was booked in this conversation. wanted: the answers that
    the campaign listens for; None when the message asks nothing.
    """

    found: Found
    language: str
    open: bool
    offer: Offer | None
    visit: datetime | None
    wanted: frozenset[Intent] | None


def patient_page_routes(deps: ApiDeps, pages: Pages) -> APIRouter:
    """`GET` and `POST /v/{token}`, `GET /v/{token}/{ending}`, which answers what was understood."""
    router = APIRouter()
    throttle = Throttle(deps.seconds, limit=_POSTS_PER_MINUTE, window=timedelta(minutes=1))

    @router.api_route("/v/{token}", methods=["GET", "HEAD"])
    async def show(token: str) -> Response:
        async with deps.db.transaction(actor="page") as tx:
            talk = await _conversation(tx, deps, pages, token)
            if talk is None:
                return pages.inactive()
            await links.prefetched(tx, token)
        return _page(deps, pages, talk)

    @router.post("/v/{token}")
    async def answer(token: str, request: Request) -> Response:
        if throttle.is_spent(token):
            return _slow_down(pages)
        fields = await read_form(request)
        try:
            return await _take(deps, pages, throttle, token, fields)
        except RetryLater:
            language = pages.language()
            if not _is_urgent(deps, fields, language):
                raise
            # Nobody will read it now, and whoever wrote it has to know whom to call all the same.
            page = pages.urgent(language, TEXTS[language].trouble, status=503)
            page.headers["Retry-After"] = "30"
            return page

    @router.get("/v/{token}/{ending}")
    async def answered(token: str, ending: Annotated[str, Path(pattern=_ENDING)]) -> Response:
        async with deps.db.transaction(actor="page") as tx:
            talk = await _conversation(tx, deps, pages, token)
            if talk is None:
                return pages.inactive()
            word, _, number = ending.partition("-")
            end = _End(word, int(number or 0), await _label(tx, deps, talk, int(number or 0)))
        return _ended(pages, talk, token, end)

    return router


def _slow_down(pages: Pages) -> Response:
    language = pages.language()
    return pages.word(language, TEXTS[language].slow_down, status=429)


async def _take(
    deps: ApiDeps, pages: Pages, throttle: Throttle, token: str, fields: dict[str, str]
) -> Response:
    async with deps.db.transaction(actor="page") as tx:
        talk = await _conversation(tx, deps, pages, token)
        if talk is None:
            return pages.inactive()
        if not throttle.allows(token):
            return _slow_down(pages)
        message = talk.found.message
        head = await journeys.head(tx, message.journey_id)
        offered = _pressed(talk, fields, tx.now)
        pressed = offered or _typed(talk, fields, tx.now)
        meant = None
        if pressed is not None:
            # By the rules alone: the page answers at once, and the intake asks whomever it has.
            meant = await meaning_of(tx, pressed, message, head, deps.site, reading=ReplyReading(deps.words))
        if pressed is None or meant is None or (offered is None and meant.intent not in STOPS):
            # Closed meanwhile, or nothing that the page offers: show what there is now.
            return _page(deps, pages, talk, status=409 if talk.open else 200)
        await _commit(tx, talk, pressed)
        # After a question the patient may still take the visit.
        if meant.intent in _CLOSES:
            await links.used(tx, token)
        await tell_journey(tx, await ledger.opened(tx, message.id))
    # Relative, so that it holds behind whatever prefix the public URL has.
    return RedirectResponse(f"{token}/{_ending(pressed, meant)}", status_code=303)


def _is_urgent(deps: ApiDeps, fields: dict[str, str], language: str) -> bool:
    context = Context(now=deps.db.clock.now(), zone=deps.site.zone)
    return understand(_text(fields), language, context, deps.words).intent is Intent.URGENT


def _ending(pressed: PageAnswer, meant: PageMeaning) -> str:
    """The page that answers what was understood."""
    if Intent.URGENT in {meant.intent, meant.also}:
        return "urgent"
    if meant.intent in {Intent.OPT_OUT, Intent.WRONG_NUMBER}:
        return "stopped"
    if meant.asks and meant.choice is not None:
        return f"sure-{meant.choice}"
    if meant.asks and pressed.answer == "wants_visit":
        return "sure"
    if meant.intent is Intent.CHOICE and meant.choice is not None:
        return f"chosen-{meant.choice}"
    return "thanks" if meant.intent in _CLOSES else "read"


@dataclass(frozen=True, slots=True)
class _End:
    """Which page follows an answer. number, label: of the time that it is about; label None for none."""

    word: str
    number: int
    label: str | None


async def _label(tx: Tx, deps: ApiDeps, talk: Conversation, number: int) -> str | None:
    message = talk.found.message
    if message.offer_id is None or number == 0:
        return None
    slots = (await offers.get(tx, message.offer_id)).slots
    return (
        slot_label(slots[number - 1].start, deps.site.zone, talk.language) if number <= len(slots) else None
    )


def _ended(pages: Pages, talk: Conversation, token: str, end: _End) -> Response:
    texts = TEXTS[talk.language]
    match end.word:
        case "urgent":
            return pages.urgent(talk.language, texts.unread)
        case "sure" if end.label is not None and talk.open and talk.offer is not None:
            button = Button(f"slot:{end.number}", texts.sure_button)
            return pages.sure(talk.language, texts.sure.format(visit=end.label), token=token, button=button)
        case "sure" if talk.open and Intent.WANTS_VISIT in (talk.wanted or ()):
            button = Button("wants_visit", texts.wants_visit)
            return pages.sure(talk.language, texts.sure_visit, token=token, button=button)
        case "chosen" if end.label is not None:
            return pages.word(talk.language, texts.chosen.format(visit=end.label))
        case "stopped":
            return pages.word(talk.language, texts.stopped)
        case "thanks":
            return pages.word(talk.language, texts.thanks)
        case _:
            return pages.word(talk.language, texts.read)


async def _conversation(tx: Tx, deps: ApiDeps, pages: Pages, token: str) -> Conversation | None:
    found = await find(tx, token, "page", over=True)
    if found is None:
        return None
    message = found.message
    if found.link.over:
        # Nothing is told any more; but a withdrawal has no last day (GDPR, 7(3)).
        spoken = pages.language(message.language)
        return Conversation(found, spoken, open=False, offer=None, visit=None, wanted=None)
    head = await journeys.head(tx, message.journey_id)
    offer = await offers.open_offer(tx, message.journey_id)
    program = await deps.programs.program(tx, message.campaign, message.version)
    return Conversation(
        found=found,
        language=pages.language(message.language),
        open=head.outcome is None
        and head.campaign_state != "stopped"
        and found.link.used_at is None
        and (message.offer_id is None or (offer is not None and offer.id == message.offer_id)),
        offer=offer if offer is not None and offer.id == message.offer_id else None,
        visit=await _visit(tx, message.journey_id),
        wanted=answers_to(program, head.state),
    )


async def _visit(tx: Tx, journey: JourneyId) -> datetime | None:
    """The visit ahead that this conversation led to."""
    booked = [each.start_at for each in await bookings.of_journey(tx, journey) if each.state == "booked"]
    return booked[-1] if booked and booked[-1] > tx.now else None


def _page(deps: ApiDeps, pages: Pages, talk: Conversation, *, status: int = 200) -> Response:
    texts = TEXTS[talk.language]
    if not talk.open:
        link = talk.found.link
        lead = texts.inactive if link.over or link.used_at is None else texts.thanks
        if talk.visit is not None:
            lead = texts.booked.format(visit=slot_label(talk.visit, deps.site.zone, talk.language))
        return pages.word(talk.language, lead, can_stop=True)
    buttons = [
        Button(value, label, plain=value in {"other_times", "too_expensive"})
        for value, label in _choices(deps, talk).items()
    ]
    asks = texts.note if talk.wanted is None else texts.invite
    lead = asks if talk.offer is None else texts.offer
    page = pages.answer(talk.language, lead=lead, buttons=buttons)
    page.status_code = status
    return page


def _choices(deps: ApiDeps, talk: Conversation) -> dict[str, str]:
    texts = TEXTS[talk.language]
    if talk.offer is not None:
        labels = {
            f"slot:{number}": slot_label(slot.start, deps.site.zone, talk.language)
            for number, slot in enumerate(talk.offer.slots, start=1)
        }
        return {**labels, "other_times": texts.other_times}
    offered = {"wants_visit": (Intent.WANTS_VISIT, texts.wants_visit)}
    offered["too_expensive"] = (Intent.TOO_EXPENSIVE, texts.too_expensive)
    wanted = talk.wanted or frozenset()
    return {value: label for value, (intent, label) in offered.items() if intent in wanted}


def _pressed(talk: Conversation, fields: dict[str, str], at: datetime) -> PageAnswer | None:
    """The answer, if the page as it is now offers it. STOP is always offered."""
    message = talk.found.message_uuid
    answer, text = fields.get("answer", ""), _text(fields)
    if answer == "stop":
        return PageAnswer(message=message, answer="stop", at=at, text=text)
    if not talk.open:
        return None
    if answer == "question":
        return PageAnswer(message=message, answer="question", at=at, text=text) if text else None
    if talk.offer is not None:
        if answer == "other_times":
            return PageAnswer(message=message, answer="other_times", at=at, text=text, offer=talk.offer.id)
        number = _slot_number(answer)
        if number is None or number > len(talk.offer.slots):
            return None
        return PageAnswer(message=message, answer="slot", at=at, slot=number, offer=talk.offer.id, text=text)
    wanted = talk.wanted or frozenset()
    if answer == "wants_visit" and Intent.WANTS_VISIT in wanted:
        return PageAnswer(message=message, answer="wants_visit", at=at, text=text)
    if answer == "too_expensive" and Intent.TOO_EXPENSIVE in wanted:
        return PageAnswer(message=message, answer="too_expensive", at=at, text=text)
    return None


def _typed(talk: Conversation, fields: dict[str, str], at: datetime) -> PageAnswer | None:
    """What was typed where nothing can be pressed any more; of it only what stops us is taken."""
    text = _text(fields)
    if not text:
        return None
    return PageAnswer(message=talk.found.message_uuid, answer="question", at=at, text=text)


def _text(fields: dict[str, str]) -> str:
    return fields.get("text", "").strip()[:TEXT_LIMIT]


def _slot_number(answer: str) -> int | None:
    word, _, digits = answer.partition(":")
    # isdecimal alone would take digits of other scripts and of any length.
    usable = word == "slot" and digits.isascii() and digits.isdecimal() and len(digits) <= 2  # noqa: PLR2004
    return int(digits) if usable and int(digits) > 0 else None


async def _commit(tx: Tx, talk: Conversation, pressed: PageAnswer) -> None:
    chosen = pressed.answer if pressed.slot is None else f"{pressed.answer}:{pressed.slot}"
    if pressed.text:
        chosen = f"{chosen}:{pressed.text}"  # with other words it is another answer
    if pressed.answer == "stop":
        chosen = f"{chosen}:{tx.now:%Y-%m-%dT%H:%M}"  # there may have been a consent since the last one
    await inbox.put(
        tx,
        kind="page_answer",
        origin=PAGE_ORIGIN,
        dedupe=f"{talk.found.message.id}:{chosen}:{pressed.offer or ''}",
        body=pressed.model_dump_json().encode(),
    )
