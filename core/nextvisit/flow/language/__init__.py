"""A campaign's files → model, static checks, and the program that the engine walks.

model       what campaign.yaml may say (pydantic), and nothing else
any_step    the verbs' steps as the one type that a file is read with
load        YAML → model, every error with line and column, and the version
check       static checks of a loaded campaign
compile     model → program: a flat table of nodes that `step` walks

May import `verbs`, `grammar` and `engine`; nobody beside it may import it, the rooms above do.
"""
