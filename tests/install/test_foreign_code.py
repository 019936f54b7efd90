"""Code that is not ours, run: what it prints is in nobody's output, and who blocks is named while it does."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from threading import Event

import pytest
import structlog
from structlog.testing import capture_logs

from nextvisit.install import foreign_code
from nextvisit.install.foreign_code import watched
from nextvisit.sdk.errors import ConfigError, Rejected

PRINTS = {
    "in Python": "print('hello')",
    "to what it was at first": "import sys; sys.__stdout__.write('hello')",
    "past Python": "import os; os.write(1, b'hello')",
    "by a child": "import subprocess; subprocess.run(['echo', 'hello'], check=True)",
    "without end": "print('hello ' * 100_000)",
    "and then raises": "print('hello'); raise ValueError",
    "to one of its own": "import sys; sys.stdout = open(1, 'w', closefd=False); print('hello', flush=True)",
}


@pytest.mark.parametrize("how", PRINTS)
def test_what_it_prints_is_in_nobody_s_output_and_is_told(how: str) -> None:
    """What we print before and after it is, in this order."""
    code = f"""
import contextlib, structlog, sys
from nextvisit.install.foreign_code import watched
from nextvisit.sdk.errors import ConfigError
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
print("before")
with contextlib.suppress(ConfigError), watched("plugin acme", None, "importing it"):
    exec({PRINTS[how]!r})
print("after")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "before\nafter\n"), ended.stderr
    assert "plugin.printed" in ended.stderr
    assert "plugin acme" in ended.stderr
    assert "hello" not in ended.stderr


def test_who_prints_nothing_is_not_told() -> None:
    with capture_logs() as logs, watched("plugin acme", None, "importing it"):
        pass
    assert logs == []


def test_it_needs_no_output_and_no_folder() -> None:
    """A role's standard output may be closed, and it may write nowhere."""
    code = """
import os, tempfile
from nextvisit.install.foreign_code import watched
tempfile.tempdir = "/nowhere/at/all"
os.close(1)
with watched("plugin acme", None, "importing it"):
    pass
os._exit(7)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


def test_who_blocks_is_named_while_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_code, "PATIENCE", timedelta(0))
    named = Event()
    told = []

    def tell(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        told.append(dict(event))
        named.set()
        raise structlog.DropEvent

    before = structlog.get_config()["processors"]
    structlog.configure(processors=[tell])
    try:
        with watched("plugin acme", None, "importing it"):
            assert named.wait(60)  # as a plugin does that asks its licence's server
    finally:
        structlog.configure(processors=before)
    assert told == [{"event": "plugin.slow", "place": "plugin acme", "state": "importing it"}]


def test_of_what_it_raises_with_settings_no_name_is_told_and_our_errors_pass() -> None:
    with pytest.raises(ConfigError) as caught, watched("plugin acme", None, "its `build`", configured=True):
        raise ModuleNotFoundError("hunter2", name="hunter2")
    assert str(caught.value) == "plugin.broken: plugin acme: its `build` failed with ModuleNotFoundError"
    with pytest.raises(Rejected), watched("plugin acme", None, "its `build`", configured=True):
        raise Rejected("acme.no", "not today")


def test_who_stops_us_at_the_keyboard_does() -> None:
    with pytest.raises(KeyboardInterrupt), watched("plugin acme", None, "importing it"):
        raise KeyboardInterrupt


def test_what_was_standard_output_is_again() -> None:
    before = os.fstat(1)
    with watched("plugin acme", None, "importing it"):
        os.close(1)
    assert os.path.sameopenfile(1, 1)
    assert (os.fstat(1).st_dev, os.fstat(1).st_ino) == (before.st_dev, before.st_ino)
