"""What listens: keeps sessions open and commits what arrives before it is acknowledged.

May import `store` and `sdk`; `install`, whose roles run it, may import it.
"""
