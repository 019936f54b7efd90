"""`quality.yaml`, beside the module that the entry point names: each rule is done, or exempt with a reason.

    kind: mis
    reads:
      everything: done
      local_times: {exempt: "Acme writes instants with their offset"}
    books: {exempt: "Acme takes no bookings, only wishes"}

What it says is the author's word; `held_against` asks the kit.
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.kit_run import KitTest
from nextvisit.sdk.authoring.rules import SUITES, TIERS, Kind, Rule

FILE: Final = "quality.yaml"
DONE: Final = "done"
_FORM: Final = '`done`, or {exempt: "and a reason in words"}'
_SHORTEST: Final = 8


@dataclass(frozen=True, slots=True)
class Claim:
    """exempt: why the rule does not hold of this plugin; None where it is done. line: of the file."""

    tier: str
    rule: str
    exempt: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Quality:
    """What a plugin says of itself. file: for people."""

    kind: Kind
    claims: tuple[Claim, ...]
    file: str

    def tiers(self) -> Mapping[str, tuple[Claim, ...]]:
        """Each tier's claims."""
        return {tier: tuple(each for each in self.claims if each.tier == tier) for tier in TIERS[self.kind]}


def quality_of(module: str, root: Path | None = None) -> tuple[Quality | None, Sequence[Wrong]]:
    """Of the module that an entry point names, which is not imported. root: where it is, if not installed."""
    file = _file_of(module, root)
    if file is None or not file.is_file():
        where = str(file) if file is not None else module
        right = f"{FILE} beside the module that the entry point names; `nextvisit-plugin new` writes one"
        return None, [Wrong("quality", f"it has no {FILE}", where, right)]
    return read_quality(file.read_text(encoding="utf-8", errors="replace"), str(file))


def read_quality(text: str, file: str) -> tuple[Quality | None, Sequence[Wrong]]:
    """All that is wrong at once; a Quality only where nothing is."""
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = file if mark is None else f"{file}:{mark.line + 1}:{mark.column + 1}"
        return None, [Wrong("quality", f"is no YAML: {error.problem or 'unreadable'}", where)]
    except YAMLError:
        return None, [Wrong("quality", "is no YAML", file)]
    if not isinstance(document, CommentedMap):
        return None, [Wrong("quality", "is no mapping", file, "`kind`, then a key for each tier")]
    kind = document.get("kind")
    if kind not in TIERS:
        return None, [
            Wrong("quality", "`kind` is missing or unknown", f"{file}:1", f"one of {', '.join(TIERS)}")
        ]
    wrong: list[Wrong] = []
    claims = tuple(_Reading(file, wrong).claims(cast(Kind, kind), document))
    return (None if wrong else Quality(cast(Kind, kind), claims, file)), wrong


def held_against(quality: Quality, tests: Sequence[KitTest]) -> Iterator[Wrong]:
    """What the kit, as it ran, says to each claim."""
    suite = SUITES[quality.kind]
    ours = [each for each in tests if suite in each.suites]
    for claim in quality.claims:
        rule = TIERS[quality.kind][claim.tier][claim.rule]
        where = f"{quality.file}:{claim.line}"
        missing = [said for name in rule.tests if (said := _unproved(name, ours)) is not None]
        if claim.exempt is None and missing:
            yield Wrong(
                "quality",
                f"{claim.tier}.{claim.rule} says `{DONE}`, and {'; '.join(missing)}",
                where,
                f"{rule.says}: give the peer what the test needs, or say `exempt` and why",
            )
        elif claim.exempt is not None and not missing:
            yield Wrong(
                "quality",
                f"{claim.tier}.{claim.rule} says `exempt`, and the kit proves it",
                where,
                f"`{DONE}`",
            )


def in_words(quality: Quality) -> str:
    """The tiers that are held, and what is left out of them: `reads (but local times) · survives cuts`."""
    said = []
    for tier, claims in quality.tiers().items():
        exempt = [each.rule.replace("_", " ") for each in claims if each.exempt is not None]
        if len(exempt) < len(claims):
            said.append(tier.replace("_", " ") + (f" (but {', '.join(exempt)})" if exempt else ""))
    return " · ".join(said) or "nothing"


def _file_of(module: str, root: Path | None) -> Path | None:
    parts = module.split(".")
    if root is not None:
        place = root.joinpath(*parts)
        return (place if place.is_dir() else place.parent) / FILE
    try:
        spec = importlib.util.find_spec(parts[0])
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    return _file_of(module, Path(spec.origin).parents[1 if spec.submodule_search_locations else 0])


@dataclass(frozen=True, slots=True)
class _Reading:
    """One file, and what is wrong with it so far."""

    file: str
    wrong: list[Wrong]

    def claims(self, kind: Kind, document: CommentedMap) -> Iterator[Claim]:
        tiers = TIERS[kind]
        self._known(document, ["kind", *tiers])
        for tier, rules in tiers.items():
            if tier not in document:
                right = f'its rules ({", ".join(rules)}), or {{exempt: "and why"}}'
                self._refuse(f"the tier `{tier}` is missing", None, right)
                continue
            said, line = document[tier], document.lc.key(tier)[0] + 1
            if (reason := self._exempt(said, line)) is not None:
                yield from (Claim(tier, rule, reason, line) for rule in rules)
            elif isinstance(said, CommentedMap):
                yield from self._rules(tier, rules, said, line)
            else:
                self._refuse(f"`{tier}` is neither rules nor exempt with a reason", line, _FORM)

    def _rules(self, tier: str, rules: Mapping[str, Rule], said: CommentedMap, line: int) -> Iterator[Claim]:
        self._known(said, rules)
        for name, rule in rules.items():
            if name not in said:
                right = f"{_FORM}; it is: {rule.says}"
                self._refuse(f"the rule `{tier}.{name}` is missing", line, right)
                continue
            at = said.lc.key(name)[0] + 1
            if said[name] == DONE:
                yield Claim(tier, name, None, at)
            elif (reason := self._exempt(said[name], at)) is not None:
                yield Claim(tier, name, reason, at)
            else:
                self._refuse(f"`{tier}.{name}` is neither done nor exempt with a reason", at, _FORM)

    def _exempt(self, said: Any, line: int) -> str | None:
        """The reason. None: it is not exempt."""
        if not isinstance(said, CommentedMap) or set(said) != {"exempt"}:
            return None
        reason = str(said["exempt"] or "").strip()
        if len(reason) < _SHORTEST:
            self._refuse("it is exempt without a reason", line, _FORM)
        return reason

    def _known(self, said: CommentedMap, known: Collection[str]) -> None:
        for key in said:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, 1)
                right = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(known)}"
                self._refuse(f"`{key}` is not known here", said.lc.key(key)[0] + 1, right)

    def _refuse(self, what: str, line: int | None, right: str) -> None:
        where = self.file if line is None else f"{self.file}:{line}"
        self.wrong.append(Wrong("quality", what, where, right))


def _unproved(name: str, tests: Sequence[KitTest]) -> str | None:
    """None if the test passed in each of its cases, in one class of the author's, and failed in none."""
    mine = [each for each in tests if each.function == name]
    if not mine:
        return f"{name} did not run"
    for each in mine:
        if each.outcome == "failed":
            return f"{name} failed"
    by_class = {each.of for each in mine}
    if any(all(each.outcome == "passed" for each in mine if each.of == one) for one in by_class):
        return None
    skipped = next(each for each in mine if each.outcome != "passed")
    return f"{name} was skipped ({skipped.said})"
