"""The answers in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from nextvisit.sdk.authoring.about import About
from nextvisit.sdk.authoring.check import Checked
from nextvisit.sdk.authoring.fault import Wrong


def begun(folder: Path) -> Iterator[str]:
    """What was made, and what comes next."""
    yield f"{folder} is there, and green: `python -m pytest {folder}`."
    yield f"Read {folder / 'README.md'}; `nextvisit-plugin check {folder}` says what is missing."


def checked(found: Checked) -> Iterator[str]:
    """Each part, what was not checked, and what is wrong."""
    yield f"{found.name} {found.version}"
    for part, said in found.parts.items():
        yield f"  {part}: {said}"
    for slug, said in found.quality.items():
        yield f"  {slug} {said}"
    for reason, tests in found.unchecked.items():
        yield f"Not checked by the kit: {reason}"
        yield from (f"    {each}" for each in tests)
    yield from _wrong(found.wrong)
    yield "It is right." if not found.wrong else f"{len(found.wrong)} wrong."


def known(found: About) -> Iterator[str]:
    """What it is, what its settings are, and what it says of itself."""
    what = f"{found.kind} {found.name}" if found.kind is not None else found.name
    yield f"{what}, of {found.distribution} {found.version} ({found.module}); needs {found.sdk}"
    for each in found.settings:
        needed = "" if each.required else ", may be left out"
        yield f"  settings.{each.name}: {each.type}{needed}{f': {each.says}' if each.says else ''}"
    if found.quality is not None:
        yield f"By its own word it {found.quality}"
        for claim in found.claims:
            if claim.exempt is not None:
                yield f"  not {claim.tier}.{claim.rule}: {claim.exempt}"
    yield from _wrong(found.wrong)


def _wrong(wrong: Sequence[Wrong]) -> Iterator[str]:
    for each in wrong:
        yield f"WRONG {each.part}: {each.what}"
        yield f"    where: {each.where}"
        if each.right:
            yield f"    right: {each.right}"
