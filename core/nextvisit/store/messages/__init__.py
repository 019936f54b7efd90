"""The ledger of what we sent, links and replies that belong to a message, whose conversation it is.

May import `base`, `journeys`, `people` and `vault`; `journeys` may import it.
"""
