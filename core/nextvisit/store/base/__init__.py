"""The database itself: its pool, its transactions with their audit entries, its schema and its tables.

May import `vault`; every package of the store may import it.
"""
