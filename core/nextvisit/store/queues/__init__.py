"""What came in (inbox) and what Temporal is still to be told (outbox)."""
