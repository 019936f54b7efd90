"""The ledger of what we sent, links and replies that belong to a message, whose conversation it is.

It knows a journey by its id alone.
May import `base`, `people` and `vault`; `actions`, `journeys` may import it.
"""
