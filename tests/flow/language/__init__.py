"""Tests of a campaign's files and what is wrong in them."""
