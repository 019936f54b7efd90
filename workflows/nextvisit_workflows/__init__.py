"""NextVisit."""
