"""Tests of rehearsals, their scripts and golden files."""
