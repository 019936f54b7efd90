"""For the authors of plugins.

suites         conformance kits: classes of tests to subclass (they need pytest and anyio)
fault_proxy    stands before any server; cuts its answers, or answers in its place
http_stub      the stub of a vendor's server
recorded       a MIS as `nextvisit-plugin record` kept it, replayed to the kit
pytest_plugin  what the kits add to pytest
kit_report     writes down what became of their tests, for `plugin check`
fake_mis       a MIS in memory with the real rules
fake_channel   a channel that records what it is given and refuses what it is told to
fake_reader    a second reader that says what it is told to

The fakes pass the same suites as the real plugins. May import the SDK and pytest; only tests and benches
may import it, ours and those of plugins.
"""
