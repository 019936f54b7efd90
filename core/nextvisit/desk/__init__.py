"""The use cases that the terminal, the REST API and the console share.

Knows nothing of how it is asked or shown. May import `intake`, `store`, the pure rooms and `sdk`; every
room above may import it.
"""
