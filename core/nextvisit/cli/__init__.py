"""`nextvisit …`: the operator's and the administrator's terminal.

Exit codes: 0 done; 1 checked and found wanting; 2 wrong usage; 3 something has to be configured or
corrected first; 4 a server does not answer, try again; 70 a bug of ours.

A command is a line of `tree` and a function elsewhere. Nothing but `tree` is imported before one is chosen.

May import every room below but the store, which it asks through the desk; `nextvisit_demo` may import it.
"""
