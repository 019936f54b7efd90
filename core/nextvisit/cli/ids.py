"""Ids as they are typed."""

from __future__ import annotations

from uuid import UUID

from nextvisit.sdk.errors import ConfigError


def typed(text: str, of: str) -> UUID:
    """Raises ConfigError when it is no id."""
    try:
        return UUID(text)
    except ValueError as error:
        raise ConfigError(f"{of}.id", f"is no {of} id", place=text[:40]) from error
