"""Code that Temporal replays: deterministic, without I/O; changes rarely, and never without a replay."""
