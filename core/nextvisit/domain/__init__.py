"""Pure rules: consent, the contact policy, quiet hours, zones, identity, slots, pace."""
