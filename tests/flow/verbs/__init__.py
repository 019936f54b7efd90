"""Tests of single verbs."""
