"""The journey as a state machine: (program, state, event) → (state, effects).

program     a flat table of nodes
events      what can happen to a journey
effects     what a journey can ask its shell to do
state       where a journey stands
step        the function itself; its parts: ladder, answering, offering, moves

May import nothing beside it; `language`, `rehearsal` and the rooms above may import it.
"""
