"""`nextvisit …`: the operator's and the administrator's terminal.

Exit codes: 0 done; 1 checked and found wanting; 2 wrong usage; 3 something has to be configured or
corrected first; 4 a server does not answer, try again; 70 a bug of ours.

May import every room below; `nextvisit_demo` may import it.
"""
