"""The campaign language. Pure: no clock, no I/O, no randomness, no logging.

model       what campaign.yaml may say (pydantic), and nothing else; its steps are in step_block
load        YAML → model, every error with line and column, and the version
lower       steps → nodes
check       static checks of a loaded campaign
compile     model → program: a flat table of nodes that `step` walks
events      what can happen to a journey
effects     what a journey can ask its shell to do
state       where a journey stands
step        (program, state, event) → (state, effects); its parts: ladder, answering, offering, moves
simulate    a conversation played through `step`, for rehearsals
happenings  the words of a rehearsal's script
golden      a script and its transcript in one file
"""
