"""Fixtures of what listens."""

from __future__ import annotations

from tests.web.conftest import clinic

__all__ = ["clinic"]
