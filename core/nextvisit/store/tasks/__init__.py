"""What staff is asked to do."""
