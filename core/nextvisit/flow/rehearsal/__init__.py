"""A conversation played through the engine in virtual time, for rehearsals and golden files.

simulate    the play
script      the words of a script: what may happen
words       what a patient's own words come to
golden      a script and its transcript in one file

May import `verbs` and `engine`; nobody beside it may import it, the terminal and the tests do.
"""
