"""SMS over SMPP."""
