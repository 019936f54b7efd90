"""What of a text is read: a long one costs no more than a few short ones."""

from __future__ import annotations

import re
from typing import Final

_WHOLE: Final = 240
_PIECE: Final = 160
_AT_EACH_END: Final = 3
_ENDS: Final = re.compile(r"(?<=[.!?…;])\s+|\n+")


def pieces(text: str) -> tuple[str, ...]:
    """Its beginning first, which stands for the whole; then its sentences, where it has several.

    Of many sentences the first and the last: what somebody is afraid of may come as an afterthought. None for
    a text without letters.
    """
    # What cannot be encoded, or would end the text for C, is a gap.
    readable = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ").lower()
    if not any(letter.isalpha() for letter in readable):
        return ()
    whole = " ".join(readable.split())
    sentences = [
        " ".join(each.split()) for each in _ENDS.split(readable) if any(letter.isalpha() for letter in each)
    ]
    if len(sentences) == 1:
        tail = (whole[-_PIECE:],) if len(whole) > _WHOLE else ()
        return (whole[:_WHOLE], *tail)
    kept = sentences[:_AT_EACH_END] + sentences[_AT_EACH_END:][-_AT_EACH_END:]
    return (whole[:_WHOLE], *(each[-_PIECE:] for each in kept))
