"""Keys and what is sealed under them.

May import nothing beside it; `audit`, `backups`, `base`, `erasure`, `messages`, `people`, `queues` and
`tasks` may import it.
"""
