"""One predicate language for segments and branches: its model and its evaluation in memory.

The SQL backend is `nextvisit.store.people.segments_sql`; a property test keeps the two equal.

May import `files` and `sdk`; every room above may import it.
"""
