"""A command imports what it needs: what makes it quick to begin, and stays so when the house grows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nextvisit_campaigns

SERVERS = {"alembic", "fastapi", "psycopg", "sqlalchemy", "sqlmodel", "temporalio", "uvicorn", "uvloop"}
FACTS = {"holidays", "phonenumbers"}
PLUGINS = {"aiosmtplib", "httpx2"}
READING = {"jinja2", "ruamel", "structlog"}

FOLDER = str(Path(nextvisit_campaigns.__file__).parent / "reactivation")

LOADED = """
import sys
from nextvisit.cli.main import invoke
code = invoke(sys.argv[1:], lambda: None)
print("loaded", *sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(code)
"""


def loaded(tmp_path: Path, *words: str) -> set[str]:
    """The top packages that are in memory after the command."""
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return set(ended.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("words", [("--help",), ("campaign", "--help")])
def test_help_loads_none_of_what_commands_work_with(words: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded(tmp_path, *words) & (SERVERS | FACTS | PLUGINS | READING | {"rich"}) == set()


def test_a_check_of_a_campaign_loads_no_server_and_no_table_of_facts(tmp_path: Path) -> None:
    found = loaded(tmp_path, "campaign", "validate", FOLDER)
    assert {"jinja2", "pydantic", "ruamel"} <= found  # or this proves nothing
    assert found & (SERVERS | FACTS) == set()


def test_the_supervisor_loads_nothing_of_what_the_roles_run(tmp_path: Path) -> None:
    """It lives as long as they do: what it loads is memory for ever."""
    found = loaded(tmp_path, "up", "--help")
    assert "temporalio" in found
    assert found & {"fastapi", "uvicorn", "uvloop", "jinja2"} == set()
