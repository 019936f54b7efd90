"""Who comes to the sandbox clinic, what happened there and when it has time."""
