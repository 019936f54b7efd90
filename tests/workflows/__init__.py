"""The Temporal shell against a real Temporal server and a real PostgreSQL."""
