"""Restores of a backup."""
