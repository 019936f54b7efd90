"""The whole of the database at one instant, for a backup, and taken in again; when the last one was made.

May import `base` and `vault`; nobody beside it may import it.
"""
