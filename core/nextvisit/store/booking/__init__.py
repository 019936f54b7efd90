"""Times on offer, and the visits that a MIS was asked for.

May import `audit` and `base`; `journeys` may import it.
"""
