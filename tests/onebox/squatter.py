"""Somebody else's program on a port of ours, which asks for what it can and keeps it."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_SSL_REQUEST = 80877103
_CLEARTEXT = b"R" + struct.pack("!ii", 8, 3)
"""AuthenticationCleartextPassword, as PostgreSQL's protocol has it."""


@dataclass(slots=True)
class Squatter:
    """got: what it was told, call by call."""

    port: int
    got: list[bytes] = field(default_factory=list)

    def answer(self, call: socket.socket) -> None:
        """As a PostgreSQL that wants the password in the clear."""
        with call, suppress(OSError):
            call.settimeout(5)
            said = call.recv(4096)
            if len(said) == 8 and struct.unpack("!ii", said)[1] == _SSL_REQUEST:
                call.sendall(b"N")
                said = call.recv(4096)
            call.sendall(_CLEARTEXT)
            self.got.append(call.recv(4096))


@contextmanager
def squatting(port: int) -> Iterator[Squatter]:
    """With all that a program may say to have a port beside another's."""
    with socket.socket() as server:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            server.setsockopt(socket.SOL_SOCKET, option, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
        squatter = Squatter(port)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    squatter.answer(server.accept()[0])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield squatter
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(30)
