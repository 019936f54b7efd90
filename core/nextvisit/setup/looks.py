"""What the machine and its neighbours are like, before anything is started. Nothing is sent to anybody."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from nextvisit.install.embedded import lock_beside, secret_file
from nextvisit.install.settings import ChannelSettings, MisSettings, Settings, texts_in
from nextvisit.onebox.os_users import API, APPLIANCE
from nextvisit.watch.finding import Examined, Finding, Grade, examined, informs, read_back, wrong
from nextvisit.watch.listener import is_taken, listener_on

_TIME_ERROR = 5
"""adjtimex(2): nothing sets this clock."""
_TIMEX = 256
"""Bytes, more than its structure has."""
_ASKED_HERE = {"plugins", "connections", "mis", "channel"}
"""Of what the doctor asks: what can answer before `up` runs."""


def ports(settings: Settings) -> Iterator[Finding]:
    """That nobody but our own listens on them."""
    ours = _runs(settings)
    wanted = {
        "database.embedded_port": settings.database.embedded_port,
        "temporal.address": int(settings.temporal.address.rpartition(":")[2] or 0),
        "api.port": settings.api.port,
    }
    for key, port in wanted.items():
        if not is_taken(port):
            yield Finding(Grade.OK, f"{port} is free ({key})")
        elif ours:
            yield Finding(Grade.OK, f"{port} is in use, and `nextvisit up` runs ({key})")
        else:
            owner = listener_on(port)
            says = f"{port} is taken by {owner or 'another program'} ({key})"
            yield wrong(
                "setup.port", says, do=f"end that program, or write another port into {settings.place.file}"
            )


def _runs(settings: Settings) -> bool:
    """Whether a supervisor lives by these settings: it holds the lock beside its connection."""
    app = secret_file(settings.database.app)
    try:
        handle = os.open(lock_beside(app), os.O_RDONLY) if app is not None else -1
    except OSError:
        return False
    if handle < 0:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def names(settings: Settings) -> Iterator[Finding]:
    """Of the hosts that the settings name: whether they have addresses."""
    public = urlsplit(settings.site.public_url).hostname
    connections: dict[str, MisSettings | ChannelSettings] = {**settings.mis, **settings.channels}
    hosts = {public: "site.public_url"} if public else {}
    for slug, each in connections.items():
        for key, text in texts_in(each.settings):
            host = urlsplit(text).hostname if "://" in text else text if key == ".host" else None
            if host:
                hosts.setdefault(host, f"{slug}{key}")
    for host, key in hosts.items():
        try:
            found = sorted({str(each[4][0]) for each in socket.getaddrinfo(host, None)})
        except OSError as error:
            do = "see whether the name is right, and whether this machine asks the right name server"
            yield wrong("setup.address", f"{host} ({key}) has no address: {error.strerror}", do=do)
        else:
            yield Finding(Grade.OK, f"{host} is {found[0]} ({key})")


def clock() -> Finding:
    """Whether anything sets it: quiet hours and deadlines are read off it."""
    if ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX)) == _TIME_ERROR:
        do = "have it set by a time server (chrony, systemd-timesyncd), unless its host does so"
        return informs("setup.clock", "nothing says that it sets this machine's clock", do=do)
    return Finding(Grade.OK, "is set by a time server")


def connections(config: Path) -> Iterator[Examined]:
    """The MIS, the mail relay, the message centre, as the doctor asks them: nothing is sent.

    In a process of the user that will speak to them: what root runs is ours alone, and plugins are others'.
    """
    user = _who_asks()
    asked = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "nextvisit.cli", "doctor", "--json", "--config", str(config)],
        capture_output=True,
        check=False,
        cwd="/",
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [pwd.getpwnam(API).pw_gid],
        env=None if user is None else {**os.environ, "HOME": user.pw_dir, "USER": user.pw_name},
    )
    try:
        answers = json.loads(asked.stdout)
    except ValueError:
        lines = asked.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
        for each in lines:
            yield examined(
                "doctor", "appliance", [wrong("setup.doctor", each, do="correct it, and run this again")]
            )
        return
    for each in answers:
        if each["what"].partition(" ")[0] in _ASKED_HERE:
            yield examined(each["what"], each["reach"], [read_back(told) for told in each["findings"]])


def _who_asks() -> pwd.struct_passwd | None:
    """None: we ourselves."""
    return pwd.getpwnam(APPLIANCE) if os.geteuid() == 0 else None
