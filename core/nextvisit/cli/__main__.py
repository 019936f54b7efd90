"""`python -m nextvisit.cli` is `nextvisit`."""

from nextvisit.cli.main import main

main()
