"""What listens, for channels and for a MIS: what arrives is committed before it is acknowledged.

May import `store` and `sdk`; `install`, whose roles run it, may import it.
"""
