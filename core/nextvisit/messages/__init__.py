"""A campaign's words → what a patient reads: templates, languages, length and cost, what a lock screen may
show.

Pure. May import `files` and `sdk`; every room above may import it.
"""
