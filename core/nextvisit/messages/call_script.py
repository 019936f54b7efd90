"""The form `call_script`: lines that a call says, and the keys that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nextvisit.messages.presses import lint_opt_out, lint_payloads
from nextvisit.messages.render import RenderValues, fill
from nextvisit.messages.template_lint import says_link
from nextvisit.sdk.channels import CallScript, Key


@dataclass(frozen=True, slots=True)
class CallWording:
    """A `Wording`. text: a line each is said."""

    text: str
    keys: tuple[Key, ...] = ()

    @property
    def texts(self) -> Mapping[str, str]:
        """See `Wording`."""
        return {"call.text": self.text}

    @property
    def seen(self) -> tuple[str, ...]:
        """All of it: whoever takes up the receiver hears it."""
        return ("call.text",)

    @property
    def media(self) -> None:
        """See `Wording`. There is no place for any."""
        return

    def lint(self, *, invitation: bool) -> list[str]:
        """See `Wording`."""
        payloads = [each.payload for each in self.keys]
        faults = lint_payloads("call.keys", payloads)
        pressed = [each.key for each in self.keys]
        faults += [
            f"call.keys.{number}: the key {each} is written twice"
            for number, each in enumerate(pressed)
            if each in pressed[:number]
        ]
        if says_link(self.text):
            faults.append("call.text: nobody can follow `{{ link }}` that is said")
        if invitation:
            faults += lint_opt_out("call.text", self.text, payloads, link=False)
        return faults

    def render(self, values: RenderValues, *, language: str, place: str) -> CallScript:
        """See `Wording`."""
        del language
        lines = (each.strip() for each in fill(self.text, "call.text", values, place).splitlines())
        return CallScript(tuple(each for each in lines if each), self.keys)
