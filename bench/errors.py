"""Why a bench gave up."""

from __future__ import annotations


class BenchFailed(Exception):
    """What was measured did not happen, so there is no number."""
