"""Backups, made of real servers and brought back into others."""
