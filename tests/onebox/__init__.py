"""Tests of the servers that run on a single machine."""
