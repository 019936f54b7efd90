"""How far each MIS connection is read, and what went wrong last.

May import `base`; `erasure` and `people` may import it.
"""
