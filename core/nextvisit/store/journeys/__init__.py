"""A journey's row, the numbered events that it is told, and its story."""
