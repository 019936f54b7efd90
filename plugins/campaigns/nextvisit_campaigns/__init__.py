"""NextVisit plugin: The built-in campaign catalogue. Campaigns are data: a folder each, with a campaign.yaml.

May import nothing; nobody may import it, its entry point says where it is.
"""
