"""Logs, health and the doctor: what an operator sees.

May import `store` and `sdk`; roles and the terminal import it.
"""
