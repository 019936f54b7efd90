"""The use cases that the terminal, the REST API and the console share.

May import the pure rooms, `store` and `intake`; knows nothing of how it is asked or shown.
"""
