"""What an installation is made of: settings, plugins, the one composition root, the roles.

The one place that constructs a port's implementation. May import every room below; `onebox`, `backup`,
`setup`, `cli` and `nextvisit_demo` may import it.
"""
