"""What staff is asked to do.

May import `base`, `people` and `vault`; nobody beside it may import it.
"""
