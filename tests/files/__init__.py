"""The use cases that the terminal, the REST API and the console share, on a real database."""
