"""The answers in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from nextvisit.sdk.authoring.about import About
from nextvisit.sdk.authoring.check import Checked
from nextvisit.sdk.authoring.fault import Wrong
from nextvisit.sdk.authoring.record import Recorded


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


def recorded(found: Recorded) -> Iterator[str]:
    """What was kept, what of it stayed as it was, and whether the plugin can read it again."""
    yield f"{found.file}: {found.exchanges} exchanges, with the identities in them replaced."
    for why, count in found.left_out.items():
        yield f"Left out, {count}: {why}"
    yield (
        "Stayed as they were; look them over, whether they name somebody:"
        if found.kept
        else "Nothing stayed as it was."
    )
    yield from (f"    {count:>8}  {place}" for place, count in found.kept.items())
    if found.read is None or found.again is None:
        return
    if found.fault is not None:
        yield f"WRONG record: replayed, the plugin ends with {found.fault}"
        yield "    right: keep the numbers and codes that it reckons with, such as --keep /total"
    if found.read == found.again:
        yield "Replayed, the plugin reads as many records of each kind."
        return
    yield "WRONG record: replayed, the plugin reads other records; keep the codes that it needs (--keep):"
    for kind in sorted({*found.read, *found.again}):
        yield f"    {kind}: {found.read.get(kind, 0)}, and {found.again.get(kind, 0)} of the recording"


def _wrong(wrong: Sequence[Wrong]) -> Iterator[str]:
    for each in wrong:
        yield f"WRONG {each.part}: {each.what}"
        yield f"    where: {each.where}"
        if each.right:
            yield f"    right: {each.right}"
