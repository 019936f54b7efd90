"""The database underneath: transactions, roles, schema."""
