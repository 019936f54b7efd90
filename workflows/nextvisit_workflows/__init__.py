"""The Temporal shell: effects become activities and timers, what happens becomes events. It decides nothing.

workflows/   what Temporal replays
activities/  what it calls: gate, provider, MIS, store
runtime/     codec, registry of versions, relay, worker

May import every room below; `install`, `cli` and `nextvisit_demo` may import it.
"""
