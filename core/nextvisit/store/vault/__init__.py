"""Keys and what is sealed under them. Imports nothing of the store; `base` and those who keep secrets do."""
