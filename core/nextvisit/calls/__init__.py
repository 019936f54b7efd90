"""Every call of ours into a plugin: with a deadline, in our own errors, and watched.

guard     stands before a connection's plugin; all methods of its ports are called through it
answers   whether what a call gave is what its port promises
aside     what can only block, in a thread that can be left behind
eye       sees when a plugin holds the event loop, says which, and breaks it off
troubles  what was met, counted until the doctor's table has it

May import `sdk`; every room above may import it.
"""
