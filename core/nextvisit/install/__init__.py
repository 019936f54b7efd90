"""What an installation is made of: settings, plugins, the one composition root, the roles.

The one place that constructs a port's implementation. Imports all rooms below; `onebox` and `cli` import it.
"""
