"""What listens: keeps sessions open and commits what arrives before it is acknowledged.

May import `sdk` and `store`; the roles in `install` run it.
"""
