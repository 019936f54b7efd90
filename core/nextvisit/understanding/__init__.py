"""A patient's reply → an intent, a choice, a wanted time; per language, by rules.

Pure. May import `sdk` and `files`; every room above may import it.
"""
