"""Campaign versions, who is enrolled in them, and what came of it.

May import `base`, `journeys`, `people` and `queues`; nobody beside it may import it.
"""
