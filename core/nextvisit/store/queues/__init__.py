"""What came in (inbox) and what Temporal is still to be told (outbox).

May import `base`; `campaigns` and `journeys` may import it.
"""
