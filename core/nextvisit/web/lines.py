"""Lines as RFC 9112 writes them: h11 also takes what another server on the way may end elsewhere.

A bare LF or CR (2.2), a header that goes on in the next line (5.2), a chunk's size that is more than 64 bits
or has blanks or control characters beside it (7.1): each is where one server sees one request and the next
one two. h11 has no switch for it, so this stands where h11 cuts its lines.
"""

from __future__ import annotations

import re
from typing import Final

import h11
from h11._receivebuffer import ReceiveBuffer

_BARE: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_CONTINUED: Final = re.compile(rb"\n[ \t]")
_CHUNK: Final = re.compile(rb"[0-9A-Fa-f]{1,16}(?:;[\t -~\x80-\xff]*)?\r\n")


class StrictLines(ReceiveBuffer):
    """Raises h11.RemoteProtocolError, which is answered with 400."""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """See h11: a request's head, or what follows the last chunk."""
        came = bytes(self._data)
        lines = super().maybe_extract_lines()
        if lines is not None:
            head = came[: len(came) - len(self._data)]
            if _BARE.search(head) or _CONTINUED.search(head):
                _refuse()
        return lines

    def maybe_extract_next_line(self) -> bytearray | None:
        """See h11: a chunk's size."""
        line = super().maybe_extract_next_line()
        if line is not None and _CHUNK.fullmatch(line) is None:
            _refuse()
        return line


def strict(connection: h11.Connection) -> None:
    """For a connection that has read nothing yet."""
    connection._receive_buffer = StrictLines()  # noqa: SLF001  there is no other way in


def _refuse() -> None:
    message = "a line is ended as it must not be"
    raise h11.RemoteProtocolError(message)
