"""The revisions, in order.

May import nothing of ours, so that a revision does what it did on the day of its release; alembic alone may
import it.
"""
