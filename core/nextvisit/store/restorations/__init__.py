"""Restores of a backup: what the restored rows cannot know, and who has confirmed that it was seen to.

May import `base`; nobody beside it may import it.
"""
