"""Tests of the sandbox clinic."""
