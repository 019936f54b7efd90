"""What a workflow has done: each is one attempt, safe to repeat.

May import `runtime`; `runtime`, whose worker lists them, may import it.
"""
