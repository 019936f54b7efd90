"""Code that Temporal replays: deterministic, without I/O; changes rarely, and never without a replay.

May import `runtime` (its wire, pacing and registry) and the pure engine; `runtime` may import it.
"""
