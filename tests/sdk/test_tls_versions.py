"""What we open speaks TLS 1.2 or better, or says nothing."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from pathlib import Path

import pytest
import trustme

from nextvisit.sdk.errors import NextVisitError
from tests.sdk.test_certificates import connections_to

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("offered", "spoken"), [("TLSv1_1", False), ("TLSv1_2", True)])
async def test_nothing_is_said_in_a_version_that_is_given_up(
    tmp_path: Path, offered: str, spoken: bool
) -> None:
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority.cert_pem.bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion[offered]
    agreed = 0

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal agreed
        agreed += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with server:
        opened = connections_to(server.sockets[0].getsockname()[1], ca_file)
        for each in opened:
            with pytest.raises(NextVisitError):
                await each.check()
            await each.close()
    assert (agreed >= len(opened)) == spoken
    assert spoken or agreed == 0
