"""Alembic revisions. A revision that has been released is never edited; a change is a new one.

May import `base`; nobody beside it may import it, alembic runs it.
"""
