"""Signs of life and of trouble: what the doctor asks the database, and the heartbeats that the roles leave.

May import `base`; nobody beside it may import it.
"""
