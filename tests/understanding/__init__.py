"""Tests of nextvisit.understanding."""
