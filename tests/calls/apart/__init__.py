"""What crosses between a role and a connection's process, and what a process that lies comes to."""
