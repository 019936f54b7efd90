"""nextvisit.setup: one machine asked about, made ready and looked at."""
