"""Everything that speaks against a template, on the channels that it is written for."""

from __future__ import annotations

from collections.abc import Iterable

from nextvisit.messages.asking import asks_to_write_back
from nextvisit.messages.forms import form_of, with_media
from nextvisit.messages.lock_screen import telling
from nextvisit.messages.model import Template
from nextvisit.messages.template_lint import lint_template, says_link, without_markup
from nextvisit.sdk.channels import ChannelCapabilities


def lint(template: Template, *, invitation: bool = False) -> list[str]:
    """What speaks against sending it at all. invitation: it opens a campaign that is no service."""
    faults: list[str] = []
    for wording in template.wordings.values():
        faults += [
            f"{part}: {fault}" for part, text in wording.texts.items() for fault in lint_template(text)
        ]
        faults += [
            f"{part}: `{word}` tells a stranger too much"
            for part in wording.seen
            for word in telling(wording.texts[part], template.language)
        ]
        faults += wording.lint(invitation=invitation)
    return faults


def lint_for(template: Template, channels: Iterable[ChannelCapabilities], *, asks: bool) -> list[str]:
    """What speaks against sending it on these channels. asks: the patient is to answer it."""
    faults: list[str] = []
    for can in channels:
        form = form_of(template.wordings, with_media(template.wordings, can))
        if form is None:
            continue
        part, text = list(template.wordings[form].texts.items())[-1]
        own_words = without_markup(text)
        if not can.receives:
            if asks and not says_link(text):
                faults.append(f"{part}: nobody can answer on `{can.kind}`, so it needs `{{{{ link }}}}`")
            if word := asks_to_write_back(own_words):
                heard = f"nobody hears an answer on `{can.kind}`; say what to do at `{{{{ link }}}}`"
                faults.append(f"{part}: `{word}` asks to write back, and {heard}")
        length = len(own_words)
        if can.longest is not None and length > can.longest:
            faults.append(f"{part}: {length} characters; `{can.kind}` takes {can.longest}")
    return list(dict.fromkeys(faults))
