"""Append-only evidence: entries that are chained, checkpoints that are signed, and the proof.

Every package of the store that decides or reads something personal writes to it. May import `base` and
`vault`; `base`, `booking`, `campaigns`, `journeys`, `messages`, `people` and `tasks` may import it.
"""
