"""Tests of nextvisit.intake."""
