"""Templates, languages, length and cost, what a lock screen may show. Pure."""
