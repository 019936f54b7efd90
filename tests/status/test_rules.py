"""Each alert has its entry in the runbook, each entry its alert, and each finding that wants somebody its place."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.house.tree import ROOT
from tests.status.binaries import binary
from tests.watch.test_codes import CODES, WRONG

RULES = ROOT / "deploy" / "observe" / "nextvisit.rules.yaml"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ONLY_THE_DOCTOR = "What only the doctor asks"


def rules() -> dict[str, Any]:
    (group,) = YAML(typ="safe").load(RULES)["groups"]
    return {each["alert"]: each for each in group["rules"]}


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", RUNBOOK, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def codes(section: str) -> list[str]:
    """What it says that it is about."""
    listed = re.findall(r"Findings: ((?:`[\w.]+`(?:, )?)+)", section)
    return [code for each in listed for code in re.findall(r"`([\w.]+)`", each)]


def watched(rule: Any) -> list[str]:
    """The codes that raise it."""
    found = re.search(r'code=~"([^"]+)"', rule["expr"])
    return [] if found is None else found[1].replace("\\\\.", ".").split("|")


def test_each_alert_has_its_entry_and_each_entry_its_alert() -> None:
    assert rules().keys() == sections().keys() - {ONLY_THE_DOCTOR}
    for name, rule in rules().items():
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}
        for part in ("**Means.**", "**Look.**", "**Do.**"):
            assert part in sections()[name], name


def test_every_finding_that_wants_somebody_stands_in_one_entry() -> None:
    listed = [code for each in sections().values() for code in codes(each)]
    assert sorted(listed) == sorted(WRONG)


def test_an_alert_is_raised_by_what_its_entry_is_about() -> None:
    for name, rule in rules().items():
        assert set(watched(rule)) <= set(codes(sections()[name])), name
        assert set(watched(rule)) <= CODES


def test_what_no_alert_knows_raises_the_last_one() -> None:
    found = re.search(r'code!~"([^"]+)"', rules()["NextVisitFinding"]["expr"])
    assert found is not None
    known = set(found[1].replace("\\\\.", ".").split("|"))
    assert known == {code for name, each in sections().items() for code in codes(each)} - set(
        codes(sections()[ONLY_THE_DOCTOR])
    )


def test_the_rules_are_rules_and_do_what_they_say(tmp_path: Path) -> None:
    promtool = binary("promtool", "prometheus")
    cases = (Path(__file__).parent / "alerts.test.yaml").read_text(encoding="utf-8")
    file = tmp_path / "alerts.test.yaml"
    file.write_text(cases.replace("[RULES]", f"[{RULES}]"), encoding="utf-8")
    for words in (["check", "rules", str(RULES)], ["test", "rules", str(file)]):
        ran = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", sorted(rules()))
def test_each_alert_is_tried_or_raised_by_a_finding_as_one_that_is(name: str) -> None:
    cases = (Path(__file__).parent / "alerts.test.yaml").read_text(encoding="utf-8")
    assert watched(rules()[name]) or f"alertname: {name}" in cases
