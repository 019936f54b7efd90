"""What came of each thing that a real system was asked, in words and without anything of a patient."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from nextvisit.sdk.errors import ConfigError, NextVisitError
from nextvisit.sdk.soundness import CODE

Came = Literal["held", "failed", "left"]
"""left: the plugin cannot do it, or nobody allowed it."""

T = TypeVar("T")
NO_CODE: Final = "a code that is none"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was asked."""

    what: str
    came: Came
    says: str


def _to_nobody(step: Step) -> None:
    del step


@dataclass(slots=True)
class Steps:
    """In the order in which they were asked. tell: is given each at once."""

    tell: Callable[[Step], None] = _to_nobody
    done: list[Step] = field(default_factory=list)

    @property
    def all_held(self) -> bool:
        """Whether nothing failed."""
        return all(each.came != "failed" for each in self.done)

    def held(self, what: str, says: str) -> None:
        """It is as its port promises."""
        self._add(Step(what, "held", says))

    def failed(self, what: str, says: str) -> None:
        """It is not."""
        self._add(Step(what, "failed", says))

    def left(self, what: str, why: str) -> None:
        """It was not asked."""
        self._add(Step(what, "left", why))

    def judge(self, what: str, wrong: str | None, says: str) -> None:
        """wrong: what is, if anything."""
        if wrong is None:
            self.held(what, says)
        else:
            self.failed(what, wrong)

    async def ask(self, what: str, call: Awaitable[T]) -> tuple[T | None, NextVisitError | None]:
        """What it gave. An error fails the step."""
        try:
            return await call, None
        except NextVisitError as error:
            self.failed(what, named(error))
            return None, error

    def _add(self, step: Step) -> None:
        self.done.append(step)
        self.tell(step)


def named(error: NextVisitError) -> str:
    """Its kind and its code; of what else it says only what we say ourselves, or an operator needs."""
    if isinstance(error, ConfigError) or error.code.startswith("plugin."):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__} ({error.code if CODE.fullmatch(error.code) else NO_CODE})"


def counted(number: int, what: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
