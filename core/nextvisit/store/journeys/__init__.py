"""A journey's row, the numbered events that it is told, and its story.

May import `base`, `booking`, `messages`, `people` and `queues`; `campaigns` and `messages` may
import it.
"""
