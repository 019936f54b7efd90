"""Keys and what is sealed under them.

May import nothing beside it; `audit`, `base`, `erasure`, `messages`, `people`, `queues` and `tasks` may
import it.
"""
