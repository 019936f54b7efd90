"""What an operator sees: log lines, with a list of the keys that they may have, and the doctor's checks.

May import `store` and `sdk`; every room above may import it.
"""
