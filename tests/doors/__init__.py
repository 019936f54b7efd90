"""What listens, and what it commits before it acknowledges."""
