"""Patients apart from their identity, their visits and their consents, and segments over them in SQL.

May import `base`, `reading` and `vault`; `actions`, `campaigns`, `erasure`, `journeys`, `messages` and
`tasks` may import it.
"""
