"""Taking a person out of the store for good, and keeping them out.

May import `people`, `reading`, `queues`, `base` and `vault`; nobody beside it may import it.
"""
