"""A campaign's files → model, static checks, and the program that the engine walks.

model       what campaign.yaml may say (pydantic), and nothing else; its steps are in step_block
load        YAML → model, every error with line and column, and the version
lower       steps → nodes
check       static checks of a loaded campaign
compile     model → program: a flat table of nodes that `step` walks

May import `engine`, for the program that it makes; nobody beside it may import it, the rooms above do.
"""
