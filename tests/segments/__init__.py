"""Tests of the predicate language."""
