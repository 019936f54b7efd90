"""Two invented vendors, each with a small server, and a plugin for each that is right: the kits pass on them."""
