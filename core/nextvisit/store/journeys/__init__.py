"""A journey's row, the numbered events that it is told, its end with all that hangs on it, and its story.

May import `base`, `booking`, `messages`, `people` and `queues`; `actions`, `campaigns` may import it.
"""
