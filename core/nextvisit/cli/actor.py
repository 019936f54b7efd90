"""Who does something, as evidence names them: the name that was given, and the account that ran the command.

    ann [jk]                    --by ann, run by jk
    ann [root, sudo says jk]    run as root; sudo tells who became it, and root could have told anything
    cli:jk [jk]                 no name was given

Four eyes are two names: whatever account ran a command, the name before the bracket counts.
"""

from __future__ import annotations

import os
import pwd
import re
from typing import Final

import typer

_LONGEST: Final = 100
_LOGIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}\$?")


def actor(named: str | None) -> str:
    """Raises typer.BadParameter for what is no name."""
    if named is None:
        return f"cli:{_login()} [{account()}]"
    fits = named.isprintable() and named.strip() == named and 0 < len(named) <= _LONGEST
    if not fits or "[" in named or "]" in named:
        message = (
            f"this is no name: 1 to {_LONGEST} letters, digits, spaces and signs, without brackets,"
            " line breaks and characters that cannot be seen"
        )
        raise typer.BadParameter(message, param_hint="--by")
    return f"{named} [{account()}]"


def account() -> str:
    """The OS account of this process, whatever its environment says; behind root, whom sudo names."""
    login, sudo = _login(), os.environ.get("SUDO_USER")
    if os.getuid() != 0 or sudo is None:
        return login
    return f"{login}, sudo says {sudo if _LOGIN.fullmatch(sudo) else '?'}"


def _login() -> str:
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
    return name if _LOGIN.fullmatch(name) else f"uid {os.getuid()}"
