"""The ledger of what we sent, links and replies that belong to a message, whose conversation it is."""
