"""deploy/: what installs NextVisit, run as an administrator runs it."""
