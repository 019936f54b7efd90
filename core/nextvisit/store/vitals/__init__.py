"""Signs of life and of trouble: what the doctor asks the database, and what the roles leave there of
themselves: heartbeats, listeners, how the second reader fares.

May import `base`; nobody beside it may import it.
"""
