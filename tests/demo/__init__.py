"""The whole demo on real parts, undisturbed and disturbed."""
