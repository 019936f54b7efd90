"""The dashboard and the rules ask for metrics that there are."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.house.tree import ROOT, parsed
from tests.status.binaries import binary
from tests.status.test_rules import RULES, rules

DASHBOARD = ROOT / "deploy" / "observe" / "nextvisit.dashboard.json"
NAME = re.compile(r"\b(?:nextvisit|process)_[a-z_]+")
OF_A_KIND = ("_total", "_bucket", "_count", "_sum")
OF_THE_LIBRARY = {"process_resident_memory_bytes", "process_cpu_seconds"}


def panels() -> list[Any]:
    found: list[Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def expressions() -> list[str]:
    shown = [target["expr"] for each in panels() for target in each["targets"]]
    return shown + [each["expr"] for each in rules().values()]


def exported() -> set[str]:
    """The names that stand in the source of the metrics."""
    return {
        node.value
        for path in (ROOT / "core" / "nextvisit" / "status").glob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value)
    }


def asked() -> set[str]:
    named = {name for each in expressions() for name in NAME.findall(each)}
    return {next((name.removesuffix(end) for end in OF_A_KIND if name.endswith(end)), name) for name in named}


def test_what_is_asked_for_is_exported() -> None:
    assert asked() - exported() - OF_THE_LIBRARY == set()


def test_what_is_exported_is_shown_or_watched() -> None:
    """A number that nobody sees is paid for by everybody."""
    assert exported() - asked() <= {
        "nextvisit_build_info",
        "nextvisit_inbox_oldest_seconds",
        "nextvisit_outbox_oldest_seconds",
        "nextvisit_auto_replies_oldest_seconds",
    }


def test_the_dashboard_asks_what_prometheus_understands(tmp_path: Path) -> None:
    promtool = binary("promtool", "prometheus")
    recorded = [
        {"record": f"shown:{number}:panel".replace(str(number), f"p{number}"), "expr": target["expr"]}
        for number, each in enumerate(panels())
        for target in each["targets"]
    ]
    file = tmp_path / "shown.yaml"
    with file.open("w", encoding="utf-8") as out:
        YAML(typ="safe").dump({"groups": [{"name": "shown", "rules": recorded}]}, out)
    ran = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len({each["title"] for each in panels()}) == len(panels())
    assert RULES.exists()
