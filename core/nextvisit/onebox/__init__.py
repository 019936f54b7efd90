"""Everything on one machine: embedded PostgreSQL and Temporal from wheels, and their supervisor.

May import `install`; the terminal's `up` and the demo import it.
"""
