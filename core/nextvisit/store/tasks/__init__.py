"""What staff is asked to do.

May import `audit`, `base`, `people` and `vault`; nobody beside it may import it.
"""
