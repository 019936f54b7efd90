"""The campaign language and what it does. Pure: no clock, no I/O, no randomness, no logging.

engine/     (program, state, event) → (state, effects), whatever the verbs are
grammar/    what the steps of all verbs have in common
verbs/      one module a verb: its step in YAML, its node, its effects and results, its words of a script
language/   YAML → model → nodes → program; every fault with its place
rehearsal/  a conversation played through the engine, and its golden files

May import `domain`, `segments`, `messages`, `files` and `sdk`; every room above may import it.
"""
