"""Tasks for staff."""
