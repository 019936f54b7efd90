"""What a role answers to whoever watches it, and what raises an alert."""
