"""What a journey asks for that changes nothing but our own store.

May import `journeys`, `tasks`, `messages`, `people` and `base`; nobody beside it may import it.
"""
