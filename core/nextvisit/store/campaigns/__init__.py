"""Campaign versions, who is enrolled in them, and what came of it."""
