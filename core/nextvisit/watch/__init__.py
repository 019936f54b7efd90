"""What an operator sees: log lines, with a list of the keys that they may have, and the doctor's checks.

One module a subject; `doctor` lists them all. May import `store`, the pure rooms, `calls`, `clock` and
`sdk`; every room above may import it.
"""
