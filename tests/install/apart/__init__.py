"""Connections in a process of their own: real processes, of plugins that do whatever they are told."""
