"""An embedding → a score for each meaning: one linear layer and a softmax, as `fit` left it in layer.json."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nextvisit.sdk.replies import Intent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.float64] | NDArray[np.float32]

FILE: Final = Path(__file__).with_name("layer.json")


@dataclass(frozen=True, slots=True)
class Layer:
    """weights: a column a meaning, in the order of `intents`. examples: the digest of those that it fits."""

    intents: tuple[Intent, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    examples: str

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """A row for each embedding; each sums up to 1."""
        likeness = rows @ self.weights + self.bias
        likeness -= likeness.max(axis=1, keepdims=True)
        odds: NDArray[np.float64] = math.e**likeness
        shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return shares


@cache
def read_layer() -> Layer:
    """The one in the plugin's folder."""
    import numpy as np  # noqa: PLC0415  as the engine

    kept = json.loads(FILE.read_text(encoding="utf-8"))
    intents = tuple(Intent(each) for each in kept["intents"])
    weights = np.array([kept["intents"][each.value][:-1] for each in intents]).T
    bias = np.array([kept["intents"][each.value][-1] for each in intents])
    return Layer(intents, weights, bias, kept["examples"])
