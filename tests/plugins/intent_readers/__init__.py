"""The built-in second readers."""
