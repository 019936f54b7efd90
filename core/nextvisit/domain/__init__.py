"""Pure rules: consent, the contact policy, quiet hours, zones, identity, slots.

Imports `nextvisit.sdk` and its own; knows no clock, randomness, I/O or log. Every outer room may ask it.
"""
