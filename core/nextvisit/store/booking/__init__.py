"""Times on offer, and the visits that a MIS was asked for.

May import `base`; `journeys` may import it.
"""
