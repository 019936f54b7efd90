"""What the documents name is there: files, links, functions, commands; and decisions are numbered."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Command, walk
from tests.house.tree import ROOT, files, name, parsed

DOCS = [path for path in files() if path.suffix == ".md"]
TREE = {each.words: each for each in walk()}

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|md|yaml|toml|sql|html|css|txt|json|tsv))")
FOUND_FROM = (ROOT, ROOT / "core", ROOT / "workflows")
NAMES = {path.name for path in files()}
# What an operator or a plugin's author has, not we.
NOT_HERE = {
    "pyproject.toml", "campaign.yaml", "nextvisit.yaml", "clock.json", "verdict.json", "sandbox-journal.jsonl",
    "sandbox.json", "export_nextvisit/__init__.py", "export_nextvisit/quality.yaml", "folder_nextvisit/__init__.py",
    "folder_nextvisit/quality.yaml", "tests/test_kit.py", "bench/results.json", "config/nextvisit.yaml", "messages/", "config/", "logs/", "answers.yaml",
}  # fmt: skip

by_document = pytest.mark.parametrize("document", DOCS, ids=[name(each) for each in DOCS])


def prose(document: Path) -> str:
    """Without fenced blocks."""
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_there_are_documents() -> None:
    assert {"README.md", "docs/tour.md", "docs/cli.md", "docs/operate.md"} <= {name(each) for each in DOCS}


@by_document
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for target in LINK.findall(prose(document)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@by_document
def test_every_path_is_there(document: Path) -> None:
    absent = []
    for text in CODE.findall(prose(document)):
        if not PATH.fullmatch(text) or text in NOT_HERE:
            continue
        by_name = "/" not in text and text in NAMES
        if not by_name and not any((base / text).exists() for base in (*FOUND_FROM, document.parent)):
            absent.append(text)
    assert absent == []


def defined_in(path: Path) -> set[str]:
    """Functions, classes, methods (also as Class.method) and names set at the top of a module."""
    found = set()
    tree = parsed(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, _FUNCTIONS)}
        if isinstance(node, (ast.ClassDef, *_FUNCTIONS)):
            found.add(node.name)
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target)):
                found.add(target)
            case _:
                pass
    return found


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# `path.py`: `name`, `name` — how the tour and others say what to read in a file.
READ = re.compile(r"`([\w./-]+\.py)`: (`[\w.]+`(?:(?:, | and )`[\w.]+`)*)")


@by_document
def test_what_is_to_be_read_in_a_file_is_defined_there(document: Path) -> None:
    absent = []
    for path, names in READ.findall(prose(document)):
        defined = defined_in(ROOT / path)
        absent += [f"{path}: {each}" for each in CODE.findall(names) if each not in defined]
    assert absent == []


def test_the_tour_says_what_to_read_at_every_stop() -> None:
    text = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    stops = re.split(r"^## (?=\d)", text, flags=re.MULTILINE)[1:]
    assert len(stops) >= 10
    assert [stop.splitlines()[0] for stop in stops if not READ.search(stop)] == []


def mentioned(document: Path) -> list[str]:
    """Everything in the document that begins with `nextvisit `."""
    text = document.read_text(encoding="utf-8")
    found = [each for each in CODE.findall(prose(document)) if each.startswith("nextvisit ")]
    for language, block in FENCE.findall(text):
        if language == "sh":
            lines = (line.split(" | ")[0].strip() for line in block.splitlines())
            found += [line for line in lines if line.startswith("nextvisit ")]
    return found


def command_of(words: list[str]) -> tuple[Command | None, list[str]]:
    """The command that the words begin with, and the words after it. None: there is none."""
    for length in range(len(words), 1, -1):
        command = TREE.get(tuple(words[:length]))
        if command is not None:
            return command, words[length:]
    return None, words


def misunderstood(line: str) -> str | None:
    """What is wrong with a command as written; a word in capitals or `…` stands for something."""
    words = shlex.split(line, comments=True)
    if words == ["nextvisit", "--version"]:
        return None
    command, rest = command_of(words)
    if command is None or (command.is_group and rest):
        return f"no such command: {line}"
    places: list[Any] = command.arguments
    left = sum(each.nargs for each in places) if all(each.nargs > 0 for each in places) else 1000
    options = {text: each for each in command.options for text in (*each.opts, *each.secondary_opts)}
    while rest:
        word = rest.pop(0)
        if word == ">":  # the shell's
            return None if left >= 0 and len(rest) == 1 else f"writes to {rest}: {line}"
        if not word.startswith("-"):
            left -= 1
            continue
        option = options.get(word.split("=")[0])
        if option is None:
            return f"no option {word}: {line}"
        if not option.is_flag and "=" not in word:
            if not rest:
                return f"{word} wants a value: {line}"
            rest.pop(0)
    return None if left >= 0 else f"too many words: {line}"


@by_document
def test_every_command_is_one(document: Path) -> None:
    assert [fault for line in mentioned(document) if (fault := misunderstood(line))] == []


@pytest.mark.parametrize(
    "line",
    [
        "nextvisit conquer",
        "nextvisit campaign conquer",
        "nextvisit doctor now",
        "nextvisit doctor --loud",
        "nextvisit inbox list --state",
        "nextvisit audit verify a b",
    ],
)
def test_a_wrong_command_would_be_noticed(line: str) -> None:
    assert misunderstood(line)


def test_every_example_in_the_commands_own_help_is_one() -> None:
    examples = [found[1] for each in TREE.values() if (found := re.search(r"Example: `(.+)`", each.help))]
    assert len(examples) > 25
    assert [fault for line in examples if (fault := misunderstood(line))] == []


def test_examples_in_yaml_stand_where_a_test_reads_them() -> None:
    """tests/flow/test_docs.py those of write_a_campaign.md, tests/understanding/test_own_words.py those of replies.md,
    tests/plugins/channels/http_sms/test_gateways.py those of http_sms.md, tests/deploy/test_manual.py those of
    operate.md, and tests/sdk/authoring/test_afternoon.py
    those for authors."""
    having = {name(each) for each in DOCS if "```yaml" in each.read_text(encoding="utf-8")}
    assert having <= {
        "docs/write_a_campaign.md",
        "docs/replies.md",
        "docs/http_sms.md",
        "docs/operate.md",
        "docs/write_an_adapter.md",
        "docs/write_a_channel.md",
    }


def test_decisions_are_numbered_without_gaps_and_say_what_and_why() -> None:
    records = [each for each in DOCS if each.parent.name == "decisions" and each.name != "README.md"]
    assert [each.name[:4] for each in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for each in records:
        text = each.read_text(encoding="utf-8")
        assert text.startswith(f"# {each.name[:4]} ")
        assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", each.name)
        assert "**Decided.**" in text
        assert "**Why.**" in text
        assert text.count("\n") < 60, "a page or less"


def test_every_document_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in seen or document.suffix != ".md":
            continue
        seen.add(document)
        links = [target.split("#")[0] for target in LINK.findall(prose(document)) if "://" not in target]
        found = [(document.parent / link).resolve() for link in links if link]
        waiting += [each for each in found if each.is_file()]
        waiting += [inner for each in found if each.is_dir() for inner in each.glob("*.md")]
    lost = [name(each) for each in DOCS if each not in seen and name(each).startswith("docs/")]
    assert lost == []
