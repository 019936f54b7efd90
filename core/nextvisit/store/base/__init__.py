"""The database itself: its pool, its transactions, its schema and its tables.

May import `vault`, and of `audit` the entry's shape; every package of the store may import it.
"""
