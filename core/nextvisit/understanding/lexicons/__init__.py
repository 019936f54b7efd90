"""The languages that replies are understood in, one file each. Written folded (see `folding`)."""
