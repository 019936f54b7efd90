"""What an author does at a terminal, with the SDK alone."""
