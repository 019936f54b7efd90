"""A second reader costs nothing but its help when it raises, hangs or talks nonsense, and `doctor` says so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from nextvisit.flow.engine.events import Replied
from nextvisit.intake.meaning import ReplyReading
from nextvisit.intake.second_reader import SecondReader
from nextvisit.sdk.channels import InboundMessage
from nextvisit.sdk.errors import ConfigError, NextVisitError, RetryLater
from nextvisit.sdk.records import MisRef
from nextvisit.sdk.replies import Intent
from nextvisit.sdk.testing.fake_reader import FakeReader
from nextvisit.store.vitals import second_readers
from nextvisit.store.vitals.second_readers import ReaderRecord
from nextvisit.watch.finding import Finding, Grade
from nextvisit.watch.second_readers import Beside, reading
from tests.world.clinic import Clinic
from tests.world.records import CANARY, PHONE, a_patient

pytestmark = pytest.mark.anyio

AT_ONCE = timedelta(0)
LONG = timedelta(minutes=5)
WORDS = {"proszę": Intent.URGENT, "dziękuję": Intent.DECLINES, "zapis": Intent.OPT_OUT}


@pytest.fixture
def fake() -> FakeReader:
    return FakeReader(WORDS)


@pytest.fixture
def hanging() -> Iterator[Event]:
    """What a reader waits for that hangs; let go of at the end."""
    event = Event()
    yield event
    event.set()


def second(fake: FakeReader, *, patience: timedelta = LONG) -> SecondReader:
    return SecondReader("fake", fake, frozenset({"pl"}), 50 * 1024**2, patience)


async def said(clinic: Clinic, *texts: str) -> list[tuple[Intent, int | None]]:
    """What the journey hears of these replies to an invitation."""
    await clinic.sync(a_patient())
    journey = await clinic.a_journey(MisRef("Patient/1"))
    await clinic.a_message(journey)
    for text in texts:
        await clinic.tell(InboundMessage(PHONE, text))
        await clinic.drain()
    return [(each.intent, each.choice) for each in await clinic.heard(journey) if isinstance(each, Replied)]


async def record(clinic: Clinic) -> ReaderRecord | None:
    async with clinic.db.transaction() as tx:
        return await second_readers.record(tx, "fake")


async def findings(clinic: Clinic, reader: SecondReader | None) -> list[Finding]:
    assert reader is not None
    beside = Beside(reader.slug, reader.languages, reader.memory, lambda: reader.load(LONG))
    return list(await reading(clinic.db, beside, ("pl", "lt")))


async def test_without_a_second_reader_the_rules_read(clinic: Clinic) -> None:
    assert await said(clinic, "tak, proszę") == [(Intent.WANTS_VISIT, None)]
    assert await record(clinic) is None


async def test_it_raises_a_reply_and_takes_a_yes_back(clinic: Clinic, fake: FakeReader) -> None:
    clinic.intake.reading = ReplyReading(second=second(fake))
    heard = await said(clinic, "tak", "tak, dziękuję", "tak, proszę")
    assert [intent for intent, _ in heard] == [Intent.WANTS_VISIT, Intent.UNCLEAR, Intent.URGENT]
    told = await record(clinic)
    assert told is not None
    assert (told.answered, told.failed, told.failing_since_wall) == (3, 0, None)
    (loaded, unknown, fared) = await findings(clinic, clinic.intake.reading.second)
    assert (loaded.grade, unknown.grade, fared.grade) == (Grade.OK, Grade.INFORMS, Grade.OK)
    assert "fake reader; about 50 MiB" in loaded.says
    assert "lt" in unknown.says
    assert "of 3 replies it read 3" in fared.says


async def test_what_is_left_of_a_text_permits_nothing_by_its_word_either(clinic: Clinic) -> None:
    clinic.intake.reading = ReplyReading(second=second(FakeReader({"termin": Intent.WANTS_VISIT})))
    heard = await said(clinic, "hm termin", "hm termin \N{REPLACEMENT CHARACTER}")
    assert [intent for intent, _ in heard] == [Intent.WANTS_VISIT, Intent.UNCLEAR]


async def test_it_reads_what_the_rules_read_and_not_what_we_had_sent(
    clinic: Clinic, fake: FakeReader
) -> None:
    clinic.intake.reading = ReplyReading(second=second(fake))
    await clinic.sync(a_patient())
    invitation = "Zapraszamy. Na pomoc zadzwoń 112."
    await clinic.a_message(await clinic.a_journey(MisRef("Patient/1")), content=invitation)
    await clinic.tell(InboundMessage(PHONE, f"tak\n{invitation}"))
    await clinic.drain()
    assert fake.read == ["tak"]


async def test_it_is_not_asked_about_a_patient_whose_language_it_does_not_know(
    clinic: Clinic, fake: FakeReader
) -> None:
    clinic.intake.reading = ReplyReading(second=SecondReader("fake", fake, frozenset({"de"}), 1))
    assert await said(clinic, "tak, proszę") == [(Intent.WANTS_VISIT, None)]
    assert fake.read == []
    assert await record(clinic) is None


def _leaves() -> None:
    sys.exit(3)


def _breaks() -> None:
    raise StopIteration(CANARY)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (_leaves, "reader.SystemExit"),
        (_breaks, "reader.StopIteration"),
        (RetryLater("acme.busy"), "acme.busy"),
        (ConfigError("acme.model", "is not there", place="acme"), "acme.model"),
    ],
)
async def test_whatever_it_raises_the_rules_stand_and_it_is_told_loudly(
    clinic: Clinic,
    fake: FakeReader,
    broken: NextVisitError | Callable[[], None],
    code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if isinstance(broken, NextVisitError):
        fake.break_down(broken)
    else:
        fake.meanwhile(broken)
    clinic.intake.reading = ReplyReading(second=second(fake))
    heard = await said(clinic, "tak", f"tak, {CANARY}")
    assert heard == [(Intent.WANTS_VISIT, None), (Intent.UNCLEAR, None)]
    told = await record(clinic)
    assert told is not None
    assert (told.answered, told.failed, told.code) == (0, 2, code)
    (*_, fared) = await findings(clinic, clinic.intake.reading.second)
    assert (fared.grade, fared.since) == (Grade.WRONG, told.failing_since_wall)
    assert code in fared.says
    assert fared.do
    printed = capsys.readouterr()
    assert CANARY not in printed.out + printed.err


@pytest.mark.parametrize("scores", [{"urgent": 1.0}, {Intent.URGENT: 2.0}, {Intent.URGENT: None}, 7])
async def test_what_are_no_scores_count_as_none(clinic: Clinic, fake: FakeReader, scores: Any) -> None:
    class Odd(FakeReader):
        def scores(self, text: str, language: str) -> Mapping[Intent, float]:
            made: Mapping[Intent, float] = scores
            return made

    clinic.intake.reading = ReplyReading(second=second(Odd()))
    assert await said(clinic, "tak") == [(Intent.WANTS_VISIT, None)]
    told = await record(clinic)
    assert told is not None
    assert (told.failed, told.code) == (1, "reader.TypeError" if scores == 7 else "reader.no_scores")


async def test_one_that_hangs_is_waited_for_once_and_asked_again_when_it_has_come_back(
    clinic: Clinic, fake: FakeReader, hanging: Event
) -> None:
    reader = second(fake, patience=AT_ONCE)
    clinic.intake.reading = ReplyReading(second=reader)
    fake.meanwhile(hanging.wait)
    assert await said(clinic, "tak", "tak, proszę") == [(Intent.WANTS_VISIT, None)] * 2
    told = await record(clinic)
    assert told is not None
    assert (told.failed, told.code) == (2, "reader.hangs")
    with pytest.raises(RetryLater) as caught:
        await reader.load(LONG)
    assert caught.value.code == "reader.hangs"
    fake.meanwhile(None)
    hanging.set()
    (asked,) = reader._aside._hanging["fake"]
    asked.result(60)
    reader.patience = LONG
    await clinic.tell(InboundMessage(PHONE, "tak, proszę"))
    await clinic.drain()
    told = await record(clinic)
    assert told is not None
    assert (told.answered, told.failed, told.failing_since_wall) == (1, 2, None)
    (*_, fared) = await findings(clinic, reader)
    assert (fared.grade, fared.since) == (Grade.INFORMS, told.failed_at_wall)


async def test_one_that_cannot_be_loaded_keeps_no_worker_from_starting(
    clinic: Clinic, fake: FakeReader
) -> None:
    reader = second(fake)
    fake.break_down(ConfigError("acme.model", "is not there", place="acme"))
    await reader.prepare(LONG)
    loaded = (await findings(clinic, reader))[0]
    assert loaded.grade is Grade.WRONG
    assert "acme: is not there" in loaded.says
