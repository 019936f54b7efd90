"""What surrounds workflows and activities: wire, codec, registry of versions, relay, auto-replies, worker.

May import `activities` and `workflows`, which its worker lists; both, `activities` and `workflows`, may
import it.
"""
