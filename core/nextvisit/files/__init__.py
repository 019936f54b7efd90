"""YAML and settings text → checked models, with every fault at its line and column.

Pure: it is given the text. May import `sdk`; every room above may import it.
"""
