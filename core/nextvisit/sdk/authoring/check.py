"""A plugin's folder, checked as a whole: metadata, settings, types, kit, quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from nextvisit.sdk.authoring.describe import describe
from nextvisit.sdk.authoring.fault import Part, Wrong
from nextvisit.sdk.authoring.kit_run import KitTest, run_kit
from nextvisit.sdk.authoring.project import Project, metadata_faults, read_project
from nextvisit.sdk.authoring.quality import Quality, held_against, in_words, quality_of
from nextvisit.sdk.authoring.type_run import can_check_types, type_faults


@dataclass(frozen=True, slots=True)
class Checked:
    """parts: of each, what came of it. unchecked: why a test of the kit did not run, and which.

    quality: the tiers of each slug, in words.
    """

    name: str
    version: str
    parts: Mapping[Part, str]
    wrong: tuple[Wrong, ...]
    unchecked: Mapping[str, tuple[str, ...]]
    quality: Mapping[str, str]


def check(folder: Path, tests: Path | None = None) -> Checked:
    """tests: of its kit, if not in its `tests`. Raises ConfigError for a folder that holds no plugin."""
    project = read_project(folder)
    wrong = list(metadata_faults(project))
    qualities, found = _provided(project)
    wrong += found
    typed = can_check_types()
    if typed:
        wrong += type_faults(project)
    ran, failed = run_kit(tests if tests is not None else folder / "tests")
    wrong += failed
    if ran:
        wrong += [each for quality in qualities.values() for each in held_against(quality, ran)]
    said = {} if typed else {"types": "not checked: mypy is not installed"}
    return Checked(
        project.name,
        project.version,
        {part: said.get(part) or _in_words(part, wrong, ran) for part in get_args(Part)},
        tuple(wrong),
        _skipped(ran),
        {slug: in_words(quality) for slug, quality in qualities.items()},
    )


def _provided(project: Project) -> tuple[dict[str, Quality], list[Wrong]]:
    """Of each entry point whose module is there, its quality; and what is wrong with it."""
    qualities: dict[str, Quality] = {}
    wrong: list[Wrong] = []
    for slug, module in project.points.items():
        if module not in project.roots:
            continue
        root = project.roots[module]
        provides, found = describe(module, root)
        wrong += found
        mine = [each for each in provides if each.slug == slug]
        if provides and not mine:
            says = f"its entry point is {slug!r}, and it provides {', '.join(each.slug for each in provides)}"
            wrong.append(Wrong("settings", says, module, "each entry point is called as its slug"))
        quality, found = quality_of(module, root)
        wrong += found
        if quality is not None:
            qualities[slug] = quality
            wrong += [
                Wrong(
                    "quality", f"`kind: {quality.kind}`, and {slug} is a {each.kind}", quality.file, each.kind
                )
                for each in mine
                if each.kind != quality.kind
            ]
    return qualities, wrong


def _in_words(part: Part, wrong: Sequence[Wrong], ran: Sequence[KitTest]) -> str:
    count = sum(each.part == part for each in wrong)
    if part == "kit" and ran:
        of = Counter(each.outcome for each in ran)
        return ", ".join(
            f"{of[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped") if of[outcome]
        )
    return "right" if count == 0 else f"{count} wrong"


def _skipped(ran: Sequence[KitTest]) -> Mapping[str, tuple[str, ...]]:
    why: dict[str, list[str]] = {}
    for each in ran:
        if each.outcome == "skipped":
            why.setdefault(each.said, []).append(each.function)
    return {reason: tuple(sorted(set(names))) for reason, names in sorted(why.items())}
