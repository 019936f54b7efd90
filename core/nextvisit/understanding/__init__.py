"""A patient's reply → an intent, a choice, a wanted time; per language, by rules, without I/O."""
