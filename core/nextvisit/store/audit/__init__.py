"""Append-only evidence: entries that are chained, checkpoints that are signed, and the proof.

Imports `base` and `vault`; every package of the store that decides or reads something personal writes to it.
"""
