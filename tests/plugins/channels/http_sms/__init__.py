"""Gateways that are described by settings, on small servers that speak as they document it."""
