"""NextVisit: patients who stopped coming get a kind word at a decent hour, and a visit."""
