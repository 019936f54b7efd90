"""Who comes to the sandbox clinic, what happened there and when it has time.

May import anything of the sandbox; the sandbox alone may import it.
"""
