"""The database itself: its pool, its transactions, its schema and its tables.

Every other package of the store imports it; it imports `vault` and the audit entry's shape.
"""
