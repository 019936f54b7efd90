"""Tests of the campaign language."""
