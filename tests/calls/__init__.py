"""Tests of calls into plugins."""
