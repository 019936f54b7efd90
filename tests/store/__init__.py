"""Tests of nextvisit.store against a real PostgreSQL."""
