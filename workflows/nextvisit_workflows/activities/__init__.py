"""What a workflow has done: each is one attempt, safe to repeat."""
