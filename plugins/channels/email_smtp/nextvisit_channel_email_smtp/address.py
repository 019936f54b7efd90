"""E-mail addresses as far as we need to know them."""

from __future__ import annotations

import re

from nextvisit.sdk.addresses import ascii_domain

# One mailbox: no blanks, no control characters, no quoted local parts, nothing that ends an address.
_SHAPE = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f@<>()\[\],;:\\\"]{1,64}@[^\s\x00-\x1f\x7f-\x9f@<>()\[\],;:\\\"]{1,253}"
)


def is_address(value: str) -> bool:
    """Whether this can stand in an envelope as it is."""
    domain = value.rpartition("@")[2]
    return bool(_SHAPE.fullmatch(value)) and all(domain.split(".")) and not domain.startswith("-")


def to_ascii_domain(value: str) -> str | None:
    """The address with its domain as DNS has it; None when there is no such domain name."""
    local, _, domain = value.rpartition("@")
    name = ascii_domain(domain)
    return None if name is None else f"{local}@{name}"
