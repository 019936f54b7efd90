"""The ledger and the links in messages."""
