"""How far each MIS connection is read, and what went wrong last."""
