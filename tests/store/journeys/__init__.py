"""A journey's row, its log and its end."""
