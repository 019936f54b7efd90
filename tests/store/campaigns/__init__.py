"""Versions, enrolment and the report."""
