"""The languages that replies are understood in, one file each. Written folded (see `folding`).

May import `lexicon`; `understand` may import it.
"""
