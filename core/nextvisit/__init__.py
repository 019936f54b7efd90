"""NextVisit: patients who stopped coming get a kind word at a decent hour, and a visit.

The engine, a room a folder; docs/house.md draws them. Nothing lives here itself. May import nothing;
everything may import it.
"""
