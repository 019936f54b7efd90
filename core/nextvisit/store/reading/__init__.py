"""How far each MIS connection is read, and what went wrong last.

May import `base`; `people` may import it.
"""
