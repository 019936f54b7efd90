"""The ledger of what we sent and, beside it, auto-replies; links and replies; whose conversation it is.

It knows a journey by its id alone.
May import `base`, `people` and `vault`; `actions`, `journeys` may import it.
"""
