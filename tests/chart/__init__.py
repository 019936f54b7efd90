"""The chart, without a cluster: what it takes, what it renders, and that what it renders works."""
