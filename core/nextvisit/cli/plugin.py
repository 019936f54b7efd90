"""`nextvisit plugin …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nextvisit.cli.call import Call, Takes, command
from nextvisit.cli.output import emit_json, say
from nextvisit.install.plugin_wheel import install_wheel

Wheel = Annotated[Path, typer.Argument(help="The plugin's wheel.")]


@command(Takes.JSON)
def install(call: Call, wheel: Wheel) -> None:
    """Install a plugin from its wheel, without a network and without running anything of it.

    One that works with another SDK, needs what is not installed, or would overwrite what is not its own is
    refused before anything is installed. Prints the line of `plugins` in the settings that allows this
    content and no other. Roles that run load it when they are started anew.

    Example: `nextvisit plugin install acme_nextvisit_pager-1.0-py3-none-any.whl`
    """
    done = install_wheel(wheel)
    if call.json:
        emit_json(done)
    else:
        say(f"installed {done.distribution} {done.version}: {', '.join(done.names)}")
        say("to allow this content and no other, write into `plugins` of the settings:")
        say(f"  {done.allowing}")
