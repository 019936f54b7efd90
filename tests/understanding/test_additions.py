"""What is added to a reply never turns it into a booking or a withdrawal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk.replies import Intent
from nextvisit.understanding.trial import CONTEXTS, Asked, Trial
from nextvisit.understanding.understand import understand
from tests.understanding.trials import trials

PHRASES = [
    trial
    for trial in (*trials("phrases"), *trials("unseen"))
    if "\n" not in trial.text and len(trial.text) < 500
]
BOOKS = {Intent.CHOICE, Intent.CONFIRM}
NEGATIONS = {
    "pl": ["nie", "wcale nie", "nie, "],
    "ru": ["не", "нет", "никак не"],
    "uk": ["не", "ні", "аж ніяк не"],
    "de": ["nicht", "nein", "auf keinen Fall"],
    "en": ["not", "no", "don't"],
}
CLAUSES = {
    "pl": ["jak wróci ciotka z Radomia", "kot zjadł zasłony", "ale pies szczeka"],
    "ru": ["когда тётя вернётся из Рязани", "кот съел занавески", "но собака лает"],
    "uk": ["коли тітка повернеться з Лубен", "кіт зʼїв фіранки", "але собака гавкає"],
    "de": ["wenn die Tante aus Ulm kommt", "der Kater frisst Gardinen", "aber der Hund bellt"],
    "en": ["once my aunt is back from Leeds", "the cat ate the curtains", "but the dog barks"],
}
DENIES = re.compile(r"\b(nie|не|нет|ні|nicht|nein|not|no|don't)\b", re.IGNORECASE)
OTHERS = ["Aby nie otrzymywać wiadomości, odpisz STOP.", "Reply 2 to take Friday.", "Ответьте ДА или СТОП"]
LETTERS = ["I", "O", "S", "P"]

phrases, contexts = st.sampled_from(PHRASES), st.sampled_from(LETTERS)


def meant(text: str, trial: Trial, asked: Asked) -> Intent:
    return understand(text, trial.lang, CONTEXTS[asked]).intent


@given(phrases, contexts, st.data())
def test_a_negation_books_nothing(trial: Trial, asked: Asked, data: st.DataObject) -> None:
    if DENIES.search(trial.text):
        return  # two of them may be a yes: "нет, не против"
    word = data.draw(st.sampled_from(NEGATIONS[trial.lang]))
    before = data.draw(st.booleans())
    text = f"{word} {trial.text}" if before else f"{trial.text} {word}"
    assert meant(text, trial, asked) not in BOOKS


@given(phrases, contexts, st.sampled_from(["?", " ?", "??", "?!"]))
def test_a_question_books_nothing_and_withdraws_nothing(trial: Trial, asked: Asked, mark: str) -> None:
    got = meant(trial.text.rstrip("!. ") + mark, trial, asked)
    assert got not in BOOKS
    assert got is not Intent.OPT_OUT or meant(trial.text, trial, asked) is Intent.OPT_OUT


@given(phrases, contexts, st.sampled_from([", ", ". ", " "]), st.data())
def test_a_clause_that_nobody_knows_books_nothing(
    trial: Trial, asked: Asked, between: str, data: st.DataObject
) -> None:
    clause = data.draw(st.sampled_from(CLAUSES[trial.lang]))
    text = data.draw(st.sampled_from([f"{trial.text}{between}{clause}", f"{clause}{between}{trial.text}"]))
    got = meant(text, trial, asked)
    assert got not in BOOKS
    assert got is not Intent.OPT_OUT or meant(trial.text, trial, asked) is Intent.OPT_OUT


@given(phrases, contexts, st.sampled_from(OTHERS))
def test_what_is_quoted_changes_nothing(trial: Trial, asked: Asked, quoted: str) -> None:
    if not trial.text.strip():
        return
    alone = understand(trial.text, trial.lang, CONTEXTS[asked])
    assert understand(f"{trial.text}\n\n> {quoted}", trial.lang, CONTEXTS[asked]) == alone


@pytest.mark.parametrize("asked", LETTERS)
@given(trial=phrases)
def test_an_appended_stop_is_never_lost(trial: Trial, asked: Asked) -> None:
    got = understand(f"{trial.text}\nSTOP", trial.lang, CONTEXTS[asked])
    holding = {Intent.OPT_OUT, Intent.HOLD, Intent.URGENT, Intent.DECEASED}
    assert got.intent in holding
