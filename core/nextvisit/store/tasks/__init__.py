"""What staff is asked to do.

May import `base`, `people` and `vault`; `actions` may import it.
"""
