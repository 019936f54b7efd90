"""`nextvisit worker|api|gateway`: the roles of the image, one by one."""

from __future__ import annotations

from nextvisit.cli.call import Call, Takes, command
from nextvisit.install.confinement import confine
from nextvisit.install.roles import run_role
from nextvisit.install.settings import load_settings
from nextvisit.onebox.handover import change_user
from nextvisit.watch.logs import configure_logging


@command(Takes.SETTINGS | Takes.ROOT)
def worker(call: Call) -> None:
    """Run journeys, sends, pulls and the inbox until SIGTERM.

    Example: `nextvisit worker`
    """
    _run("worker", call)


@command(Takes.SETTINGS | Takes.ROOT)
def api(call: Call) -> None:
    """Serve patients' pages, pixels, webhooks and health until SIGTERM.

    Example: `nextvisit api`
    """
    _run("api", call)


@command(Takes.SETTINGS | Takes.ROOT)
def gateway(call: Call) -> None:
    """Keep the sessions open on which patients' answers arrive.

    Example: `nextvisit gateway`
    """
    _run("gateway", call)


def _run(role: str, call: Call) -> None:
    configure_logging(role)
    settings = load_settings(call.config)
    change_user(call.config, settings, role)
    confine(role, call.config, settings)
    run_role(role, call.config)
