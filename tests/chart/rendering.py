"""The chart, rendered by Helm itself as a clinic installs it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import helm_python
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "nextvisit"
PROFILES = ("trial", "single", "ha")
CLINIC = Path(__file__).parent / "data" / "clinic.yaml"
Document = Mapping[str, Any]
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PodOf:
    """A pod's specification, whose it is (`Deployment/nextvisit-api`), and its labels."""

    owner: str
    labels: Mapping[str, str]
    spec: Document

    @property
    def containers(self) -> Sequence[Document]:
        """Those that come first too."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    def __str__(self) -> str:
        return self.owner


def read(path: Path) -> Values:
    """A YAML file, as Helm has it."""
    values: Values = _plain(YAML(typ="safe").load(path.read_text("utf-8")))
    return values


def _plain(value: Any) -> Any:
    """Dates are words to Helm, as keys too."""
    match value:
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case date():
            return value.isoformat()
        case _:
            return value


def over(base: Values, *others: Values) -> Values:
    """Values over values, as `helm -f … -f …` lays them."""
    laid = json.loads(json.dumps(base))
    for other in others:
        for key, value in other.items():
            below = laid.get(key)
            laid[key] = over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return dict(laid)


def values_of(profile: str, *more: Values) -> Values:
    """A profile's, with a clinic's own over them."""
    return over(read(CHART / f"values-{profile}.yaml"), read(CLINIC), *more)


def rendered(values: Values) -> Sequence[Document]:
    """All objects. Raises HelmError with the chart's own sentence."""
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(values, name="nextvisit", namespace="clinic")
    texts = [text for name, text in sorted(files.items()) if name.endswith(".yaml")]
    return [each for text in texts for each in YAML(typ="safe").load_all(text) if each]


def pods(documents: Sequence[Document]) -> Iterator[PodOf]:
    """Every pod that they come to."""
    for each in documents:
        owner = f"{each['kind']}/{each['metadata']['name']}"
        if each["kind"] == "Pod":
            yield PodOf(owner, each["metadata"]["labels"], each["spec"])
        elif each["kind"] in {"Deployment", "StatefulSet", "Job", "CronJob"}:
            spec = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each["spec"]
            template = spec["template"]
            yield PodOf(owner, template["metadata"]["labels"], template["spec"])


def of_kind(documents: Sequence[Document], kind: str) -> Mapping[str, Document]:
    """By name."""
    return {each["metadata"]["name"]: each for each in documents if each["kind"] == kind}
