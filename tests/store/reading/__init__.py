"""What is remembered about reading a MIS."""
