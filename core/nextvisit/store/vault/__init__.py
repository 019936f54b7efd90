"""Keys and what is sealed under them.

May import nothing beside it; `audit`, `base`, `messages`, `people` and `tasks` may import it.
"""
