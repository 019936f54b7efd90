"""The Temporal shell: effects become activities and timers, what happens becomes events. It decides nothing.

workflows/   what Temporal replays
activities/  what it calls: gate, provider, MIS, store
runtime/     codec, registry of versions, relay, worker

May import everything of `nextvisit` but `install`, `onebox` and `cli`; `install` starts it.
"""
