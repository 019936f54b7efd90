"""Measurements, each beside its baseline. Run them with `make bench` or `python -m bench`."""
