"""Append-only evidence: entries that are chained, checkpoints that are signed, and the proof.

Everyone writes to it through `Tx.audit`, and nobody needs this package for that. May import `base` and
`vault`; nobody beside it may import it.
"""
