"""What an operator sees: log lines now, with a list of the keys that they may have.

May import `store` and `sdk`; every room above may import it.
"""
