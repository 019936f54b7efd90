"""The form `template`: a text that the provider has approved; what fills its gaps is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nextvisit.messages.media import lint_media, texts_of
from nextvisit.messages.presses import LONGEST_LABEL, lint_opt_out, lint_payloads
from nextvisit.messages.render import RenderValues, fill
from nextvisit.messages.template_lint import says_link
from nextvisit.sdk.channels import Media, Parameter, TemplateButton, TemplateMessage

_SAID = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ProviderTemplateWording:
    """A `Wording`. template, provider_language: what the provider calls it and its language; without one,
    that of the texts. parameters: with their names, or None, in their order. text: as the provider has
    approved it, with our values in its gaps. media: what stands in its header.
    """

    template: str
    text: str
    provider_language: str | None = None
    parameters: tuple[tuple[str | None, str], ...] = ()
    buttons: tuple[TemplateButton, ...] = ()
    media: Media | None = None

    @property
    def texts(self) -> Mapping[str, str]:
        """See `Wording`."""
        gaps = {self._part(number): source for number, (_, source) in enumerate(self.parameters)}
        labels = {f"template.buttons.{number}": each.label for number, each in enumerate(self.buttons)}
        return {**texts_of("template", self.media), **gaps, **labels, "template.text": self.text}

    @property
    def seen(self) -> tuple[str, ...]:
        """All of it."""
        return tuple(self.texts)

    def lint(self, *, invitation: bool) -> list[str]:
        """See `Wording`. What the patient reads is what the provider is given, and nothing else."""
        given = {said for _, source in self.parameters for said in _SAID.findall(source)}
        faults = [
            f"template.text: no parameter gives `{{{{ {said} }}}}`, so the provider cannot say it"
            for said in dict.fromkeys(_SAID.findall(self.text))
            if said not in given
        ]
        shown = set(_SAID.findall(self.text))
        faults += [
            f"{self._part(number)}: `{{{{ {said} }}}}` is not in `text`, which is what the patient reads"
            for number, (_, source) in enumerate(self.parameters)
            for said in dict.fromkeys(_SAID.findall(source))
            if said not in shown
        ]
        faults += [
            f"template.buttons.{number}: a label of {len(each.label)} characters; at most {LONGEST_LABEL}"
            for number, each in enumerate(self.buttons)
            if len(each.label) > LONGEST_LABEL
        ]
        faults += [
            f"template.buttons.{number}: what stands on a button is approved as it is, without `{{{{`"
            for number, each in enumerate(self.buttons)
            if "{{" in each.label or "{%" in each.label
        ]
        payloads = [each.payload for each in self.buttons]
        faults += lint_payloads("template.buttons", payloads)
        faults += lint_media("template", self.media)
        if invitation:
            faults += lint_opt_out("template.text", self.text, payloads, link=says_link(self.text))
        return faults

    def render(self, values: RenderValues, *, language: str, place: str) -> TemplateMessage:
        """See `Wording`. A parameter is one line: providers refuse others."""
        return TemplateMessage(
            template=self.template,
            language=self.provider_language or language,
            text=fill(self.text, "template.text", values, place),
            parameters=tuple(
                Parameter(" ".join(fill(source, self._part(number), values, place).split()), name)
                for number, (name, source) in enumerate(self.parameters)
            ),
            buttons=self.buttons,
            media=self.media,
        )

    def _part(self, number: int) -> str:
        name = self.parameters[number][0]
        return f"template.parameters.{number if name is None else name}"
