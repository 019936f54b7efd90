"""Log lines as a role writes them. Logging is set up once a process, so each test has a process."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SET_UP = """
import logging, structlog
from nextvisit.watch.logs import configure_logging
configure_logging("worker")
log = structlog.get_logger()
"""


def lines_of(program: str) -> list[dict[str, Any]]:
    """What a process writes after it has set up its logs."""
    run = subprocess.run(
        [sys.executable, "-c", SET_UP + program], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout == ""
    return [json.loads(line) for line in run.stderr.splitlines()]


def test_a_key_that_is_not_on_the_list_is_dropped_and_named() -> None:
    (line,) = lines_of("log.info('message.sent', message='m1', phone='+48601000001')")
    assert (line["event"], line["message"], line["role"]) == ("message.sent", "m1", "worker")
    assert "phone" not in line
    assert "phone" in line["reason"]
    assert "601000001" not in json.dumps(line)


def test_no_value_begins_a_line_of_its_own() -> None:
    forged = '\r\n{"event": "campaign.approved"}\x1b[2J\u2028"'
    (line,) = lines_of(f"log.info('webhook.refused', code={forged!r})")
    assert (line["event"], line["code"]) == ("webhook.refused", forged)


def test_a_traceback_shows_no_values_of_variables() -> None:
    program = """
def send(phone):
    raise LookupError
try:
    send("+48" + "601000001")
except LookupError:
    log.exception("message.broken")
"""
    (line,) = lines_of(program)
    assert line["exception"]
    assert "601000001" not in json.dumps(line)


def test_what_a_library_says_is_not_repeated() -> None:
    """An address in an HTTP library's INFO line, and in its warning."""
    program = """
logging.getLogger("http").info("GET /Patient?phone=601000001")
logging.getLogger("http").warning("no answer from /Patient?phone=%s", 601000001)
"""
    (line,) = lines_of(program)
    assert (line["event"], line["logger"]) == ("library.spoke", "http")
    assert "601000001" not in json.dumps(line)


def test_of_a_librarys_exception_only_the_type_is_told() -> None:
    """As when a task that nobody waits for fails, or a driver quotes the row that it could not write."""
    program = """
try:
    raise LookupError("Anna, 601000001")
except LookupError:
    logging.getLogger("driver").exception("could not write %s", "601000001", stack_info=True)
"""
    (line,) = lines_of(program)
    assert (line["event"], line["logger"], line["error"]) == ("library.spoke", "driver", "LookupError")
    assert "601000001" not in json.dumps(line)


def test_a_librarys_line_that_cannot_be_filled_in_is_a_line_all_the_same() -> None:
    program = """
logging.getLogger('odd "name"').warning("%d of %d", "601000001")
"""
    (line,) = lines_of(program)
    assert (line["event"], line["logger"]) == ("library.spoke", 'odd "name"')
    assert "601000001" not in json.dumps(line)


def test_a_value_forges_no_line_and_commands_no_terminal() -> None:
    (line,) = lines_of(r"log.info('x.done', code='\n{}\r\x1b[2J\x9b\u202e')")
    assert line["code"] == "\n{}\r\x1b[2J\x9b\u202e"
    run = subprocess.run(
        [sys.executable, "-c", SET_UP + r"log.info('x.done', code='\x1b[2J\x9b\u202e')"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert run.stderr.strip().decode("ascii").isprintable()


def test_what_nobody_catches_shows_its_type_alone() -> None:
    """In a thread, in a destructor; and a warning of Python's own."""
    program = """
import gc, threading, warnings
def fail():
    raise LookupError("601000001")
class Fails:
    def __del__(self):
        fail()
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fails = Fails()
del fails
gc.collect()
warnings.warn("601000001")
"""
    lines = lines_of(program)
    assert [(each["event"], each.get("error")) for each in lines] == [
        ("library.spoke", "LookupError"),
        ("library.spoke", "LookupError"),
        ("library.spoke", None),
    ]
    assert "601000001" not in json.dumps(lines)
