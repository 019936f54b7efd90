"""What surrounds workflows and activities: wire, codec, registry of versions, relay, worker."""
