"""Pure rules: consent, the contact policy, quiet hours, zones, identity, slots.

No clock, randomness, I/O or log: what a rule needs, it is given. May import `files` and `sdk`; every
room above may import it.
"""
