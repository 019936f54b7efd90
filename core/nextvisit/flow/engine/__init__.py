"""The journey as a state machine: (program, state, event) → (state, effects).

program     a flat table of nodes, and what a node is
events      what can happen to a journey, whatever its verbs
effects     what every verb may ask the shell to do: send, make a task, wait, finish
state       where a journey stands, and the table of what may follow what
step        the function itself; its parts: ladder, answering, moves
play        how a simulation plays an action; phrases: the words of a script for a send

May import nothing beside it; `grammar`, `verbs`, `language`, `rehearsal` and the rooms above may import it.
"""
