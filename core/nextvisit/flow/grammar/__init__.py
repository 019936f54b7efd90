"""What the steps of all verbs have in common: how they stand in a file and become nodes.

steps       a step with its id and goto; lists of steps, lists of wordings
lowering    steps → nodes with names, and the faults that need the whole campaign to be seen

May import `engine`; `verbs` and `language` may import it.
"""
