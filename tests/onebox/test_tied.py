"""A child ends with whoever started it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nextvisit.onebox.process import ChildProcess
from nextvisit.onebox.tied import tied
from nextvisit.sdk.errors import Bug


def run(code: str, *before: str) -> subprocess.CompletedProcess[str]:
    """A process that starts children, as `up` and its spawners do."""
    program = [*before, sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)


def test_a_child_of_a_killed_process_is_told_to_end() -> None:
    """It says so by the signal that it was promised."""
    reads, writes = os.pipe()
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(
            """
            import signal, subprocess, sys
            from nextvisit.onebox.tied import tied
            child = '''
            import os, signal, sys
            def told(number, _):
                os.write(1, signal.Signals(number).name.encode())
                os._exit(0)
            signal.signal(signal.SIGINT, told)
            os.write(1, b"ready ")
            signal.pause()
            '''.replace("\\n            ", "\\n")
            popen = subprocess.Popen(tied([sys.executable, "-c", child], signal.SIGINT), start_new_session=True)
            popen.wait()
            """
        )],
        stdout=writes,
    )  # fmt: skip
    os.close(writes)
    with os.fdopen(reads, "rb") as said:
        assert said.read(6) == b"ready "
        parent.kill()
        assert said.read() == b"SIGINT", "and it has ended: nobody writes any more"
    parent.wait()


def test_a_child_whose_parent_has_ended_before_it_began_is_never_run(tmp_path: Path) -> None:
    command = tied(["touch", str(tmp_path / "ran")], signal.SIGTERM)
    command[command.index(str(os.getpid()))] = "1"
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
    assert not (tmp_path / "ran").exists()


def test_a_child_of_the_first_process_of_a_container_lives() -> None:
    """Its parent's number is 1, which is elsewhere whoever takes orphans."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root makes a namespace of processes")
    code = """
        import os, signal, subprocess
        from nextvisit.onebox.tied import tied
        assert os.getpid() == 1
        print(subprocess.run(tied(["echo", "lives"], signal.SIGTERM), capture_output=True, text=True).stdout)
    """
    done = run(code, "unshare", "--pid", "--fork")
    if "unshare failed" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.stdout.strip() == "lives", done.stderr


def test_no_child_is_begun_in_a_thread_that_may_end_before_us(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool, pytest.raises(Bug, match=r"process\.thread"):
        pool.submit(lambda: ChildProcess.spawn(["true"], log_file=tmp_path / "log")).result()


def test_what_cannot_be_run_is_said() -> None:
    done = subprocess.run(
        tied(["/nowhere/program"], signal.SIGTERM), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 127
    assert done.stderr == "/nowhere/program: No such file or directory\n"
