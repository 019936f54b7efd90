"""Patients apart from their identity, their visits and their consents, and segments over them in SQL.

Imports `base`, `vault`, `audit`, `reading`; campaigns, journeys and messages import it.
"""
