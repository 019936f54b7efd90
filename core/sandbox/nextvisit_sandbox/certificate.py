"""The mail server's certificate and the authority that a client has to trust."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


def server_tls(folder: Path | None, ca_file: Path | None) -> ssl.SSLContext:
    """A server context for loopback; made once and kept when there is a folder to keep it in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    chain = folder / "server.pem" if folder else None
    kept_ca = folder / "ca.pem" if folder else None
    if chain is not None and kept_ca is not None and chain.exists() and kept_ca.exists():
        context.load_cert_chain(chain)
        authority = kept_ca.read_bytes()
    else:
        made = trustme.CA()
        leaf = made.issue_cert("localhost", "127.0.0.1", "::1", "sandbox-clinic")
        leaf.configure_cert(context)
        authority = made.cert_pem.bytes()
        if chain is not None and kept_ca is not None:
            kept_ca.write_bytes(authority)
            with os.fdopen(os.open(chain, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(leaf.private_key_and_cert_chain_pem.bytes())
    if ca_file is not None:
        ca_file.write_bytes(authority)
    return context
