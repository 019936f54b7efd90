"""Who is left alone on purpose, so that a campaign's effect can be measured.

The choice depends on the patient's key and the campaign alone: it is the same on every machine and in
every version, and different campaigns choose independently. Changing the formula re-draws every
holdout, hence the version in it.
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256


def in_holdout(key: bytes, campaign: str, percent: Decimal) -> bool:
    """Whether the patient `key` belongs to the `percent` (0 to 100) that `campaign` never writes to.

    The first eight bytes of SHA-256 over `nextvisit.holdout.1`, the campaign's length and name and the
    key, read as a fraction of 2**64, lie below the percentage. Raising the percentage only adds people.
    """
    if not 0 <= percent <= 100:  # noqa: PLR2004 - per cent
        message = f"a holdout is 0 to 100 per cent, not {percent}"
        raise ValueError(message)
    name = campaign.encode()
    digest = sha256(b"nextvisit.holdout.1" + len(name).to_bytes(4) + name + key).digest()
    return int.from_bytes(digest[:8]) * 100 < percent * 2**64
