"""A backup of the database in one sealed file: made, proved, kept, and brought back.

It stands above `onebox`, for it starts the embedded server alone to restore into it. May import every room
below; only `cli` may import it.
"""
