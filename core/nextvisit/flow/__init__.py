"""The campaign language and what it does. Pure: no clock, no I/O, no randomness, no logging.

language/   YAML → model → nodes → program; every fault with its place
engine/     (program, state, event) → (state, effects)
rehearsal/  a conversation played through the engine, and its golden files

May import `domain`, `segments`, `messages`, `files` and `sdk`; every room above may import it.
"""
