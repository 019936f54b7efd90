"""What is written back at once: words in every language, and what the gate lets through of them."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nextvisit.domain.auto_reply import (
    LANGUAGES,
    AutoReplyKind,
    ask_back_words,
    emergency_words,
    language_to_answer_in,
    stop_words,
)
from nextvisit.domain.budget import Contact
from nextvisit.domain.consent import ConsentEvent
from nextvisit.domain.contact_policy import ContactCase, Send, Skip, Suppression, decide
from nextvisit.domain.contact_reason import Reason
from nextvisit.domain.emergency_numbers import emergency_numbers
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.domain.reply_holds import ReplyHold
from nextvisit.messages.labels import slot_label
from nextvisit.messages.sms import measure
from nextvisit.sdk.addresses import AddressSpace
from nextvisit.sdk.records import ChannelKind, Purpose
from nextvisit.sdk.replies import Intent
from nextvisit.understanding import lexicons

WARSAW = ZoneInfo("Europe/Warsaw")
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
SMS = ChannelKind("sms")
PERMIT = ConsentEvent("permit", tuple(Purpose), (), NIGHT - timedelta(days=30))
WITHDRAWN = ConsentEvent("withdraw", tuple(Purpose), (), NIGHT - timedelta(days=1))
OWED = (AutoReplyKind.EMERGENCY, AutoReplyKind.STOP_CONFIRMED)
CYRILLIC = {"ru", "uk"}


def _case(kind: AutoReplyKind, **changes: Any) -> ContactCase:
    case = ContactCase(
        purpose=Purpose.RECALL,
        channel=SMS,
        spaces={SMS: AddressSpace("phone")},
        journey="j",
        zone=WARSAW,
        consents=(PERMIT,),
        deadline=NIGHT + timedelta(hours=1),
        at_once=kind,
    )
    return replace(case, **changes)


def _every_kind(language: str, country: str = "PL") -> dict[AutoReplyKind, str]:
    label = slot_label(datetime(2026, 9, 22, 14, tzinfo=UTC), WARSAW, language)
    return {
        AutoReplyKind.EMERGENCY: emergency_words(language, country),
        AutoReplyKind.STOP_CONFIRMED: stop_words(language),
        AutoReplyKind.ASK_BACK: ask_back_words(language, label, 2),
    }


def test_every_language_that_is_understood_is_answered_in() -> None:
    assert set(LANGUAGES) == {each.name for each in pkgutil.iter_modules(lexicons.__path__)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_of_every_kind_is_short(language: str) -> None:
    """One part where the alphabet allows it; in Cyrillic, two, and the number in the first."""
    for country in ("PL", "DE", "UA", "US", "FR"):
        for kind, words in _every_kind(language, country).items():
            size = measure(f"Klinika: {words}")
            assert size.encoding == ("ucs2" if language in CYRILLIC else "gsm7"), kind
            assert size.parts <= (3 if language in CYRILLIC else 1), (kind, size)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_names_the_time_and_the_number_to_answer(language: str) -> None:
    words = _every_kind(language)[AutoReplyKind.ASK_BACK]
    assert "22.09 16:00" in words
    assert "2." in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_emergency_number_is_the_countrys(language: str) -> None:
    for country, numbers in (("PL", ("112",)), ("UA", ("103", "112")), ("US", ("911",)), ("GB", ("999",))):
        words = emergency_words(language, country)
        assert [each for each in numbers if each not in words] == []
        line = emergency_numbers(country).crisis_line
        assert line is not None
        assert line in words


def test_a_country_that_is_not_named_has_112() -> None:
    assert emergency_numbers("FR").call == emergency_numbers("ZZ").call == ("112",)
    assert emergency_numbers("FR").crisis_line is None


@pytest.mark.parametrize(
    ("text", "wishes", "language"),
    [
        ("boli", ("pl", "en"), "pl"),
        ("boli", ("pl-PL",), "pl"),
        ("hurts", ("fi", None, "de"), "de"),
        ("hurts", ("fi",), "en"),
        ("болит в груди", ("pl", "en"), "ru"),
        ("болить у грудях, їй зле", ("pl",), "uk"),
        ("болит", ("uk",), "uk"),
    ],
)
def test_who_writes_is_answered_in_a_language_that_they_read(
    text: str, wishes: tuple[str | None, ...], language: str
) -> None:
    assert language_to_answer_in(text, *wishes) == language


@pytest.mark.parametrize("kind", AutoReplyKind)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"sharing": 9, "others_at": NIGHT},
        {"birth_date": "2024-01-01"},
        {"contacts": (Contact(NIGHT, Purpose.RECALL, "k"),) * 99},
    ],
    ids=["at night", "shared address", "minor", "spent budget"],
)
def test_who_is_writing_now_is_answered_now(kind: AutoReplyKind, change: dict[str, Any]) -> None:
    assert decide(_case(kind, **change), DEFAULT_POLICY, NIGHT) == Send()


@pytest.mark.parametrize("kind", AutoReplyKind)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"patient": "deceased"}, Reason.PATIENT_DECEASED),
        ({"patient": "merged"}, Reason.PATIENT_MERGED),
        ({"patient": "erased"}, Reason.PATIENT_ERASED),
        ({"suppressions": (Suppression("address", at_address=True),)}, Reason.SUPPRESSED_ADDRESS),
        ({"suppressions": (Suppression("legal", at_address=True),)}, Reason.SUPPRESSED_LEGAL),
        ({"deadline": NIGHT}, Reason.DEADLINE_PASSED),
        ({"held": True}, Reason.DEADLINE_TOO_NEAR),
    ],
)
def test_the_dead_the_held_and_a_banned_address_are_not_written_to(
    kind: AutoReplyKind, change: dict[str, Any], reason: Reason
) -> None:
    answer = decide(_case(kind, **change), DEFAULT_POLICY, NIGHT)
    assert isinstance(answer, Skip)
    assert answer.reason is reason


@pytest.mark.parametrize("status", ["inactive", "test", "restricted"])
def test_a_record_that_is_not_in_use_keeps_nobody_from_the_emergency_number(status: str) -> None:
    assert decide(_case(AutoReplyKind.EMERGENCY, patient=status), DEFAULT_POLICY, NIGHT) == Send()
    assert decide(_case(AutoReplyKind.STOP_CONFIRMED, patient=status), DEFAULT_POLICY, NIGHT) != Send()


def test_silence_that_was_asked_for_the_patient_keeps_nobody_from_the_emergency_number() -> None:
    silence = (Suppression("clinical"), Suppression("staff"))
    assert decide(_case(AutoReplyKind.EMERGENCY, suppressions=silence), DEFAULT_POLICY, NIGHT) == Send()
    assert decide(_case(AutoReplyKind.ASK_BACK, suppressions=silence), DEFAULT_POLICY, NIGHT) != Send()


@pytest.mark.parametrize("kind", OWED)
def test_what_holds_the_patient_until_it_is_read_does_not_hold_its_own_answer(kind: AutoReplyKind) -> None:
    held = (ReplyHold(Intent.URGENT), ReplyHold(Intent.HOLD))
    assert decide(_case(kind, reply_holds=held), DEFAULT_POLICY, NIGHT) == Send()


@pytest.mark.parametrize("kind", OWED)
def test_a_withdrawn_consent_stops_neither_its_confirmation_nor_the_emergency_number(
    kind: AutoReplyKind,
) -> None:
    assert decide(_case(kind, consents=(PERMIT, WITHDRAWN)), DEFAULT_POLICY, NIGHT) == Send()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consents": (PERMIT, WITHDRAWN)}, Reason.CONSENT_DENIED),
        ({"campaign": "stopped"}, Reason.CAMPAIGN_STOPPED),
        ({"journey_open": False}, Reason.JOURNEY_CLOSED),
        ({"reply_holds": (ReplyHold(Intent.URGENT),)}, Reason.DEADLINE_TOO_NEAR),
    ],
)
def test_a_question_about_a_visit_is_asked_only_where_the_campaign_may_write(
    change: dict[str, Any], reason: Reason
) -> None:
    answer = decide(_case(AutoReplyKind.ASK_BACK, **change), DEFAULT_POLICY, NIGHT)
    assert isinstance(answer, Skip)
    assert answer.reason is reason
