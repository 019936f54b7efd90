"""Reserved ports: nobody gets one by chance, and its own server gets it, again and again."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvloop

from nextvisit.onebox.ports import free_port, reserved


def test_nobody_gets_a_reserved_port_by_chance() -> None:
    with reserved(40) as ports, socket.socket() as stranger:
        assert len(set(ports)) == 40
        with pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", ports[0]))
        with socket.create_server(("127.0.0.1", 0), backlog=500) as server, reserved(400) as others:
            sources = set()
            calls = []
            for _ in range(400):
                calls.append(socket.create_connection(server.getsockname()))
                sources.add(calls[-1].getsockname()[1])
            for each in calls:
                each.close()
        assert not sources & {*ports, *others}
        assert not set(ports) & set(others)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_its_server_listens_on_it_again_and_again(loop: object) -> None:
    async def serve(port: int) -> None:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"here")
            writer.close()

        for _ in range(3):
            async with await asyncio.start_server(answer, "127.0.0.1", port):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                assert await reader.read() == b"here"
                writer.close()
                await writer.wait_closed()

    with reserved(1) as (port,), asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]
        runner.run(serve(port))


def test_a_port_that_is_kept_in_a_file_is_no_source_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = server.getsockname()[1]
    assert all(free_port() < 32_768 <= given for _ in range(50)) or given < 32_768
