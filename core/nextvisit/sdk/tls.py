"""Whether a port speaks TLS: one that answers in another way is not one that does not answer."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from datetime import timedelta
from typing import Final

# Of what OpenSSL makes of an answer that is no TLS record, by release (sslerr.h).
_NO_RECORD: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
_ALERT: Final = "ALERT"
"""In the name of every reason that the other side gave in TLS."""
NO_TLS: Final = "it answers, and not in TLS; give the port on which it speaks TLS"
"""About an error of which `speaks_no_tls` is true."""


def speaks_no_tls(error: BaseException | None) -> bool:
    """Whether behind `error` is an answer to our TLS in plain words."""
    while error is not None:
        if isinstance(error, ssl.SSLError) and error.reason in _NO_RECORD:
            return True
        error = error.__cause__ or error.__context__
    return False


async def speaks_tls(host: str, port: int, *, within: timedelta = timedelta(seconds=5)) -> bool:
    """Ask it, whosever certificate it shows: nothing is said to it but that."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(within.total_seconds()):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLError as error:
        return _ALERT in (error.reason or "")
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
