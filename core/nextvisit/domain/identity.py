"""One spelling per identifier, so that equal things compare equal. Addresses: see `sdk.addresses`."""

from __future__ import annotations

import re
import unicodedata


def normalise_identifier(raw: str) -> str:
    """For comparing only; the record keeps the value as the MIS wrote it. Leading zeros stay."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", raw)).upper()
