"""A clinic's own words are added, and cannot make a stop or a refusal disappear."""

from __future__ import annotations

import re

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import SourceFile
from nextvisit.sdk.replies import Intent
from nextvisit.understanding.own_words import with_own_words
from nextvisit.understanding.patterns import Phrases
from nextvisit.understanding.trial import CONTEXTS
from nextvisit.understanding.understand import understand
from nextvisit.understanding.vocabulary import BUILT_IN
from tests.house.tree import ROOT

DOCUMENT = ROOT / "docs" / "replies.md"
EXAMPLE = ROOT / "config" / "words.example.yaml"


def faults_of(text: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        with_own_words(SourceFile("words.yaml", text))
    return [str(each) for each in caught.value.faults]


def of_the_document() -> str:
    found = re.search(r"<!-- file: words.yaml -->\n```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("text", [of_the_document(), EXAMPLE.read_text("utf-8")], ids=["document", "example"])
def test_the_examples_are_understood(text: str) -> None:
    words = with_own_words(SourceFile("words.yaml", text))
    said = {
        "moja wnuczka chce się zapisać": ("pl", Intent.FOR_ANOTHER),
        "wpadnę na kontrolę": ("pl", Intent.WANTS_VISIT),
        "sling your hook": ("en", Intent.OPT_OUT),
    }
    for writes, (language, intent) in said.items():
        assert understand(writes, language, CONTEXTS["I"], words).intent is intent


@pytest.mark.parametrize("group", ["filler", "yes", "agreed", "confirm", "wants_visit", "not_opt_out"])
@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("pl", "nie"),
        ("pl", "ale"),
        ("en", "stop"),
        ("en", "don't"),
        ("de", "ni*"),
        ("ru", "не|и"),
        ("uk", "але"),
    ],
)
def test_what_turns_a_meaning_around_cannot_be_taken_out(group: str, language: str, word: str) -> None:
    (fault,) = faults_of(f'{language}:\n  {group}: ["{word}"]\n')
    assert f"cannot be in `{group}`" in fault
    assert fault.startswith("words.yaml:2:")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pl:\n  yess: [x]\n", "did you mean `yes`?"),
        ("fr:\n  yes: [oui]\n", "unknown key `fr`"),
        ("pl:\n  yes: []\n", ":2:"),
        ('pl:\n  urgent: ["krew & "]\n', ":2:"),
        ('pl:\n  urgent: ["a & b & c"]\n', "& joins two"),
        ('pl:\n  urgent: ["bol* ..."]\n', "nothing stands after the dots"),
        ('pl:\n  urgent: ["k*"]\n', "shorter than 2 letters"),
        ('pl:\n  urgent: ["("]\n', "no text has the word"),
        ("pl: 3\n", ":1:"),
        ("[", ":"),
    ],
)
def test_a_file_that_is_wrong_says_where(text: str, says: str) -> None:
    assert says in faults_of(text)[0]


@pytest.mark.parametrize("language", sorted(BUILT_IN))
@pytest.mark.parametrize("group", ["filler", "yes", "agreed", "confirm", "wants_visit", "farewell"])
@pytest.mark.parametrize("turning", ["negation", "no", "doubt", "opt_out_words", "cancels"])
def test_nor_do_the_languages_take_it_out_themselves(language: str, group: str, turning: str) -> None:
    permitting = Phrases(getattr(BUILT_IN[language], group))
    words = Phrases(getattr(BUILT_IN[language], turning)).single_words
    assert [word for word in words if permitting.first_in([word]) is not None] == []


@pytest.mark.parametrize(
    ("language", "group", "phrase"),
    [
        ("pl", "not_urgent", "zawał"),
        ("pl", "not_urgent", "nie chce mi się żyć"),
        ("pl", "not_urgent", "ból ... klatce"),
        ("en", "not_urgent", "chest pain"),
        ("pl", "not_deceased", "zmarł*"),
        ("pl", "not_opt_out", "proszę nie pisać"),
        ("pl", "agreed", "nigdy w życiu"),
        ("en", "yes", "nein"),
        ("pl", "opt_out", "tak"),
        ("pl", "opt_out", "chcę termin"),
        ("pl", "opt_out", "pr*"),
        ("pl", "cancels", "tak"),
    ],
)
def test_own_words_can_neither_hide_a_stop_nor_make_one_of_a_yes(
    language: str, group: str, phrase: str
) -> None:
    (fault,) = faults_of(f'{language}:\n  {group}: ["{phrase}"]\n')
    assert f"cannot be in `{group}`" in fault


def test_what_says_more_than_a_stop_may_be_told_from_one() -> None:
    words = with_own_words(SourceFile("words.yaml", 'pl: {not_urgent: ["zawał ... dziadka"]}'))
    assert understand("mam chyba zawał", "pl", CONTEXTS["I"], words).intent is Intent.URGENT
    assert understand("zawał u dziadka", "pl", CONTEXTS["I"], words).intent is not Intent.URGENT
