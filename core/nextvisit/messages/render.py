"""From a Jinja template and a patient's values to a text.

The values are plain strings in plain dictionaries: a template can reach nothing else, has passed
`template_lint`, and runs in a sandbox in which a missing value is an error and never an empty gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, UndefinedError
from jinja2 import Template as Compiled
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nextvisit.messages.template_lint import lint_template
from nextvisit.sdk.errors import ConfigError

LONGEST = 4096
"""The most bytes (UTF-8) that a rendered text may have."""

MOST_SLOTS = 10


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One offered time: the number to answer with, and the time as `labels.slot_label` writes it."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class RenderValues:
    """What a template may say. None is "there is none", and a template that says it all the same fails.

    addressee: the lines of a letter's address block. link, unsubscribe, pixel: https URLs, as far as the form
    has such links. `repr` shows no patient data.
    """

    clinic_name: str
    clinic_phone: str
    salutation: str
    slots: tuple[SlotLine, ...] = ()
    visit_label: str | None = None
    link: str | None = None
    unsubscribe: str | None = None
    pixel: str | None = None
    addressee: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"RenderValues(slots={len(self.slots)})"


class _Absent(StrictUndefined):
    """Absent is false in an `if`, and an error wherever it would be said."""

    def __bool__(self) -> bool:  # type: ignore[override]  # the parent is typed as never returning
        return False


def fill(source: str, part: str, values: RenderValues, place: str) -> str:
    """`part` of the template `place` with its values.

    Raises ConfigError when it breaks `lint_template`, says a value that is not there, or becomes longer than
    4 kB.
    """
    if not source.strip():
        raise ConfigError("template.part_missing", f"the template has no {part} text", place=place)
    if len(values.slots) > MOST_SLOTS:
        raise ConfigError("template.too_many_slots", f"more than {MOST_SLOTS} slots", place=place)
    compiled = _compiled(source)
    if isinstance(compiled, str):
        raise ConfigError("template.forbidden", f"{part}, {compiled}", place=place)
    try:
        text = compiled.render(_vocabulary(values)).strip()
    except (UndefinedError, SecurityError) as error:
        # The message names the missing word of the vocabulary and no value.
        raise ConfigError("template.undefined", f"{part}: {error}", place=place) from error
    if len(text.encode()) > LONGEST:
        raise ConfigError("template.too_long", f"{part}: more than {LONGEST} bytes", place=place)
    return text


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Compiled | str:
    """The template, or what forbids it. Remembered: compiling costs more than all else of a message."""
    faults = lint_template(source)
    if faults:
        return faults[0]
    # Texts are rendered plain; a mail's HTML is built from them by `mail_layout`, which escapes.
    sandbox = ImmutableSandboxedEnvironment(
        undefined=_Absent,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sandbox.globals.clear()
    return sandbox.from_string(source)


def _vocabulary(values: RenderValues) -> dict[str, Any]:
    """Absent things are left out, so that saying them is an error and `{% if link %}` still works."""
    words: dict[str, Any] = {
        "clinic": {"name": values.clinic_name, "phone": values.clinic_phone},
        "patient": {"salutation": values.salutation},
        "slots": [{"number": slot.number, "label": slot.label} for slot in values.slots],
    }
    if values.visit_label is not None:
        words["visit"] = {"label": values.visit_label}
    if values.link is not None:
        words["link"] = values.link
    return words
