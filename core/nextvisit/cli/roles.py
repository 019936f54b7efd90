"""`nextvisit worker|api|gateway`: the roles of the image, one by one."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import Call, Takes, command
from nextvisit.install.confinement import confine
from nextvisit.install.roles import run_role
from nextvisit.install.settings import load_settings
from nextvisit.install.supervised import require_port
from nextvisit.onebox.handover import change_user
from nextvisit.watch.logs import configure_logging
from nextvisit_workflows.runtime.worker import Queues

_LAST_PORT = 65535
StatusAt = Annotated[
    str | None,
    typer.Option(
        "--status",
        metavar="HOST:PORT",
        help="Where it answers whoever watches it (/live, /ready, /metrics), whatever `status` says.",
    ),
]


@command(Takes.SETTINGS | Takes.ROOT)
def worker(
    call: Call,
    queues: Annotated[
        Queues,
        typer.Option(
            help="Which task queues: journeys (with the MIS and the inbox), channels (what is sent), or all."
        ),
    ] = Queues.ALL,
    status: StatusAt = None,
) -> None:
    """Run journeys, sends, pulls and the inbox until SIGTERM.

    One that has the queues of the journeys and one that has those of the channels do together what one does
    that has all.

    Example: `nextvisit worker --queues channels`
    """
    _run("worker", call, status, queues)


@command(Takes.SETTINGS | Takes.ROOT)
def api(call: Call, status: StatusAt = None) -> None:
    """Serve patients' pages, pixels, webhooks and health until SIGTERM.

    Example: `nextvisit api`
    """
    _run("api", call, status)


@command(Takes.SETTINGS | Takes.ROOT)
def gateway(call: Call, status: StatusAt = None) -> None:
    """Keep the sessions open on which patients' answers arrive.

    Example: `nextvisit gateway`
    """
    _run("gateway", call, status)


def _run(role: str, call: Call, status: str | None, queues: Queues = Queues.ALL) -> None:
    configure_logging(role)
    settings = load_settings(call.config)
    at = settings.status.at(role) if status is None else _host_and_port(status)
    if at is not None:
        require_port(*at, f"status.{role}")
    change_user(call.config, settings, role)
    confine(role, call.config, settings)
    run_role(role, call.config, queues=queues, status=at)


def _host_and_port(text: str) -> tuple[str, int]:
    """An IPv6 address stands in brackets."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= _LAST_PORT:
        raise typer.BadParameter("must be HOST:PORT, such as 0.0.0.0:9464", param_hint="--status")
    return host, int(port)
