"""The campaign language and what it does. Pure: no clock, no I/O, no randomness, no logging.

language/   YAML → model → nodes → program; every fault with its place
engine/     (program, state, event) → (state, effects)
rehearsal/  a conversation played through the engine, and its golden files

May import `sdk`, `files`, `segments`, `messages` and `domain`; the store and the rooms above it import it.
"""
