"""What came in (inbox) and what Temporal is still to be told (outbox).

May import `base` and `vault`; `campaigns`, `erasure` and `journeys` may import it.
"""
