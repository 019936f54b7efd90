"""What root typed a command into, once root is root no longer."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import textwrap
from pathlib import Path

import pytest

from nextvisit.onebox.os_users import APPLIANCE, os_user
from nextvisit.sdk.private_file import write_private
from tests.onebox.enterable import enterable_python
from tests.onebox.test_up import edited, program

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")

TRIES = textwrap.dedent(
    """
    import fcntl, json, os, signal, sys, termios
    from nextvisit.onebox.os_users import APPLIANCE, become, os_user
    tells = os.open(sys.argv[1], os.O_WRONLY)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    become(os_user(APPLIANCE))
    met = {}
    def attempt(name, what):
        try:
            what()
            met[name] = "done"
        except OSError as error:
            met[name] = error.strerror
    for handle in (0, 1, 2):
        attempt(f"type by {handle}", lambda: fcntl.ioctl(handle, termios.TIOCSTI, b"x"))
        os.set_blocking(handle, False) if handle else None
        attempt(f"steal by {handle}", lambda: fcntl.ioctl(handle, termios.TIOCSCTTY, 0))
    for handle in (1, 2):
        attempt(f"read by {handle}", lambda: os.read(handle, 1))
    attempt("open", lambda: os.open("/dev/tty", os.O_RDWR))
    met["standard input"] = os.readlink("/proc/self/fd/0")
    os.write(1, b"seen")
    os.write(tells, json.dumps(met).encode())
    os.close(tells)
    signal.sigwait({signal.SIGINT})
    os.write(1, b" told")
    """
)
STEPS_DOWN = textwrap.dedent(
    """
    import json, os, sys, time
    from pathlib import Path
    from nextvisit.install.settings import load_settings
    from nextvisit.onebox.handover import step_down
    config, data, tells = map(Path, sys.argv[1:])
    pipe = os.open(tells, os.O_WRONLY)
    spawners = step_down(config, load_settings(config), data)
    os.write(pipe, json.dumps([os.getpid(), *(each.popen.pid for each in spawners)]).encode())
    os.close(pipe)
    time.sleep(600)
    """
)
HAS_A_KEY = textwrap.dedent(
    """
    import ctypes, os, signal, subprocess, sys, time
    from pathlib import Path
    from nextvisit.install.settings import load_settings
    from nextvisit.onebox.handover import step_down
    libc = ctypes.CDLL(None)
    keyctl, add = {"x86_64": (250, 248), "aarch64": (219, 217)}[os.uname().machine]
    if libc.syscall(keyctl, 1, None) < 0:
        sys.exit("no keyrings")
    key = libc.syscall(add, b"user", b"of root", b"secret", 6, -3)
    reads = [sys.executable, "-c", f"import ctypes; print(ctypes.CDLL(None).syscall({keyctl}, 11, {key}, None, 0))"]
    subprocess.run(reads)
    config, data = map(Path, sys.argv[1:])
    spawners = step_down(config, load_settings(config), data)
    subprocess.run(reads)
    for each in spawners:
        child = each.spawn(reads, signal.SIGTERM, log=1, env=os.environ, cwd=None)
        while child.poll() is None:
            time.sleep(0.05)
        each.close()
    """
)
SHELL = "import subprocess, sys; subprocess.run(sys.argv[1:])"


def test_a_process_that_root_began_from_a_terminal_neither_reads_nor_types_there(folder: Path) -> None:
    """It is shown what the process says, and Ctrl-C reaches it."""
    pipe = folder / "met"
    os.mkfifo(pipe)
    python = enterable_python()
    shell, terminal = pty.fork()
    if shell == 0:  # the leader of the terminal's session, as root's shell is
        os.execv(python, [python, "-c", SHELL, python, "-c", TRIES, str(pipe)])
    met = json.loads(pipe.read_bytes())
    assert {name for name, how in met.items() if how == "done"} == set()
    assert met["read by 1"] == met["read by 2"] == "Bad file descriptor"
    assert met["standard input"] == "/dev/null"
    shown = os.read(terminal, 100)
    os.write(terminal, b"\x03")
    while b" told" not in shown:
        shown += os.read(terminal, 100)
    assert shown.startswith(b"seen")
    os.kill(shell, signal.SIGKILL)
    os.waitpid(shell, 0)
    os.close(terminal)


def test_what_up_starts_for_its_other_users_only_writes_to_root_s_terminal(folder: Path) -> None:
    """A process that is in no session of a terminal reads there whatever it holds open to be read."""
    config, pipe = edited_settings(folder), folder / "met"
    os.mkfifo(pipe)
    python = enterable_python()
    shell, terminal = pty.fork()
    if shell == 0:
        command = [python, "-c", STEPS_DOWN, str(config), str(folder / "data"), str(pipe)]
        os.execv(python, [python, "-c", SHELL, *command])
    processes = json.loads(pipe.read_bytes())
    ways = [ways_to_a_terminal(pid) for pid in processes]
    for each in (shell, processes[0]):
        os.kill(each, signal.SIGKILL)
    os.waitpid(shell, 0)
    os.close(terminal)
    assert ways == [{"1": os.O_WRONLY, "2": os.O_WRONLY}] * 3, "up, PostgreSQL's spawner, the API's"


def test_what_root_s_shell_has_open_goes_along_to_nobody(folder: Path) -> None:
    """Whoever holds a file open reads it, whosever it is; a folder leads to all that is in it."""
    config, pipe, secret = edited_settings(folder), folder / "met", folder / "of root"
    os.mkfifo(pipe)
    write_private(secret, "for root alone")
    opened = [os.open(secret, os.O_RDONLY), os.open("/root", os.O_RDONLY), os.open(secret, os.O_RDWR)]
    command = [enterable_python(), "-c", STEPS_DOWN, str(config), str(folder / "data"), str(pipe)]
    with subprocess.Popen(command, pass_fds=opened) as up:
        processes = json.loads(pipe.read_bytes())
        held = [
            {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir() if int(each.name) > 2}
            for pid in processes
        ]
        up.kill()
    for each in opened:
        os.close(each)
    assert len(processes) == 3, "up, PostgreSQL's spawner, the API's"
    assert [links & {str(secret), "/root"} for links in held] == [set()] * 3
    assert [sum(link.startswith("socket:") for link in links) for links in held] == [2, 1, 1], "the links"


def test_a_key_of_root_s_session_is_read_by_nobody_who_is_not_root(folder: Path) -> None:
    """A ticket of Kerberos is one: neither by `up` nor by what it starts for its other users."""
    command = [enterable_python(), "-c", HAS_A_KEY, str(edited_settings(folder)), str(folder / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if "no keyrings" in done.stderr:
        pytest.skip("no keyrings here")
    assert done.stdout.split() == ["6", "-1", "-1", "-1"], done.stderr


def ways_to_a_terminal(pid: int) -> dict[str, int]:
    """Of what it has open there, whether to be read or written."""
    found = {}
    for each in Path(f"/proc/{pid}/fd").iterdir():
        if "/pts/" in str(each.readlink()):
            info = Path(f"/proc/{pid}/fdinfo/{each.name}").read_text(encoding="ascii")
            found[each.name] = int(info.split()[3], 8) & os.O_ACCMODE
    return found


def test_what_is_no_terminal_stays_as_it_is() -> None:
    code = (
        "import os; from nextvisit.onebox.os_users import *; become(os_user(APPLIANCE));"
        "os.write(1, os.read(0, 9))"
    )
    done = subprocess.run(
        [enterable_python(), "-c", code], input=b"from root", capture_output=True, check=False, timeout=60
    )
    assert done.stdout == b"from root", done.stderr


def test_who_would_be_asked_at_root_s_terminal_is_told_before(folder: Path) -> None:
    """Its words would come from a user who has left that terminal."""
    config = edited_settings(folder)
    os.chown(folder / "root.key", *([os_user(APPLIANCE).uid] * 2))
    said, asked = os.pipe()
    shell, terminal = pty.fork()
    if shell == 0:
        os.dup2(asked, 2)
        os.execv(
            enterable_python(), [*program(), "campaign", "simulate", "reactivation", "--config", str(config)]
        )
    os.close(asked)
    with os.fdopen(said, "rb") as heard:
        assert b"at root's terminal; run it as another user" in heard.read()
    assert os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]) == 3
    os.close(terminal)


def edited_settings(folder: Path) -> Path:
    write_private(folder / "root.key", "a key")
    return edited(folder)
