"""A patient's reply → an intent, a choice, a wanted time; per language, by rules.

Pure. May import `flow`, whose events carry what was understood, and `sdk`; every room above may import it.
"""
