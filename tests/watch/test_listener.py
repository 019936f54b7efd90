"""Who listens on a port is found out without asking them."""

from __future__ import annotations

import os
import socket

import pytest

from nextvisit.watch.listener import is_taken, listener_on


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_port_that_somebody_listens_on_has_an_owner(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as server:
        server.bind((host, 0))
        port = server.getsockname()[1]
        assert listener_on(port) is None
        assert not is_taken(port)
        server.listen()
        assert is_taken(port)
        found = listener_on(port)
    assert found is not None
    assert found.pid == os.getpid()
    assert str(found.pid) in str(found)
