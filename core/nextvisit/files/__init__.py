"""YAML and settings text → checked models, with every fault at its line and column.

Imports `nextvisit.sdk` alone; everything that reads a file of an administrator's may import it.
"""
