"""Tests of nextvisit.domain."""
