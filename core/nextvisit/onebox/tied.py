"""A program that becomes another one, which is told to end when whoever started it ends, whatever way.

Run as a file by an isolated Python, so that it begins in an instant and reads nothing of its folder:
`python -I -S tied.py PARENT SIGNAL UID:GID COMMAND…`. The kernel keeps the wish over the change of program
(prctl(2), PR_SET_PDEATHSIG), and forgets it when a process changes its user, which comes before.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PARENT_DEATH_SIGNAL = 1
_CANNOT_RUN = 127
_OURS = "-"


def tied(
    command: Sequence[str], ends_by: signal.Signals, as_user: tuple[int, int] | None = None
) -> list[str]:
    """The command line of a child of this process that gets `ends_by` when the thread that starts it ends.

    as_user: uid and gid that it becomes, if we are root; without any other group.
    """
    user = _OURS if as_user is None else f"{as_user[0]}:{as_user[1]}"
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(ends_by)), user, *command]


def main() -> None:
    """Never returns."""
    parent, number, user, *command = sys.argv[1:]
    if user != _OURS:
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(number), 0, 0, 0)
    if os.getppid() != int(parent):  # it ended before it could be tied to
        os._exit(0)
    try:
        os.execvp(command[0], command)  # noqa: S606  that is its purpose
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(_CANNOT_RUN)


if __name__ == "__main__":
    main()
