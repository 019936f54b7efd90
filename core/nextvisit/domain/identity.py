"""One spelling per identifier, so that equal things compare equal. Addresses: see `sdk.addresses`."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# What people type where a number has to stand and they have none.
_NO_NUMBER: Final = re.compile(r"0*|(\d)\1{4,}")


def normalise_identifier(raw: str) -> str:
    """For comparing only; the record keeps the value as the MIS wrote it. Leading zeros stay."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", raw)).upper()


def personal_number(system: str, value: str) -> str | None:
    """Two records with the same one are one person's. None where it names nobody, as 00000000000 or "none".

    Whoever registers somebody again types the number anew, so neither hyphens nor the spelling of the system
    tell two numbers apart.
    """
    number = re.sub(r"[\W_]+", "", normalise_identifier(value))
    if _NO_NUMBER.fullmatch(re.sub(r"\D", "", number)):
        return None
    numbering = system.strip().casefold().removeprefix("urn:oid:").rstrip("/")
    return f"{numbering}\0{number}"
