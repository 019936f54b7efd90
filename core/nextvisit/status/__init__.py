"""What a role answers to whoever watches it: whether it lives, whether it takes work, and its metrics.

A door of its own, on a port that patients do not have. May import `web`, `watch`, `intake`, `store`, the pure
rooms, `calls`, `clock` and `sdk`; `install`, which puts it together, may import it.
"""
