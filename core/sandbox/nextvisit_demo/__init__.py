"""`nextvisit demo`: the main job on sandbox servers, on a clock that runs faster.

folder    what a demo writes down: settings, secrets, the sandbox's configuration, the clock
data      the folder of `--data`, looked at before any server is started
role      one role of the appliance as a process on the demo's clock
stage     everything started in order, kept alive, stopped in reverse
setup     from an empty database to an approved campaign, in the demo's own process
show      the funnel as it happens
verdict   the report, its equations, and what the servers themselves counted
command   the command

May import every room below; nobody may import it.
"""
