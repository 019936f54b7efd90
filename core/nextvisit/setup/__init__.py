"""`nextvisit setup`: what one machine needs before `up`, asked, made where it is missing, and looked at.

May import `onebox`, `install`, `watch`, `files` and `sdk`; `cli` may import it.
"""
