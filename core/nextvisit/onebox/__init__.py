"""Everything on one machine: embedded PostgreSQL and Temporal from wheels, and their supervisor.

May import `install`, `watch`, `store` and `sdk`; `backup`, `setup`, `cli` and `nextvisit_demo` may import it.
"""
