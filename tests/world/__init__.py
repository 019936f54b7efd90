"""The one test clinic: its site, its clock, its people, its campaigns, and what runs on them."""
