"""docs/glossary.md and the code use the same words, each with one meaning."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from nextvisit.sdk.channels import DeliveryStatus
from nextvisit.sdk.records import Purpose
from nextvisit.store.base import tables
from tests.house.tree import ROOT, name, python, texts

GLOSSARY = ROOT / "docs" / "glossary.md"
TEXT = GLOSSARY.read_text(encoding="utf-8")
# The engine and its shell. What speaks a protocol (plugins, the sandbox) has the protocol's words.
SPEAKING = ("core/nextvisit/", "workflows/")


def section(title: str) -> list[list[str]]:
    """The rows of the table under a title."""
    below = TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


TITLES = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
MEANINGS = [row for title in TITLES if not title.startswith("Words ") for row in section(title)]


def test_a_word_stands_once_with_its_meaning_and_its_home() -> None:
    assert len(MEANINGS) > 50
    assert [row for row in MEANINGS if len(row) != 3 or not all(row)] == []
    words = [word for row in MEANINGS for word in row[0].split(", ")]
    assert [word for word in set(words) if words.count(word) > 1] == []


def test_every_table_of_the_database_has_its_word() -> None:
    rows = {each for each in vars(tables) if each.endswith("Row")}
    told = set(re.findall(r"`(\w+Row)`", TEXT))
    assert rows - told == {"IdentityRow", "AppointmentRow", "ContactDigestRow"}, (
        "these have a word that is not a row"
    )
    assert told - rows == set()


def test_a_class_has_a_name_of_its_own() -> None:
    """Among the public ones; those of two meanings are listed, with each home, until somebody renames one."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path, tree in python("core", "workflows"):
        if not name(path).startswith(SPEAKING):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(name(path))
    listed = {
        row[0].strip("`"): set(re.findall(r"`([\w/]+\.py)`", row[1]))
        for row in section("Words of two meanings")
    }
    assert {each: where for each, where in homes.items() if len(where) > 1} == listed


def test_words_that_explain_nothing_are_not_used() -> None:
    unused = [row[0] for row in section("Words that we do not use")]
    assert len(unused) >= 3
    word = re.compile("|".join(unused), re.IGNORECASE)
    speaking = [
        (path, text)
        for path, text in texts()
        if name(path).startswith((*SPEAKING, "plugins/", "docs/"))
        and path != GLOSSARY
        and "/lexicons/" not in name(path)  # patients choose their own words
    ]
    assert [name(path) for path, text in speaking if word.search(text)] == []


def test_what_is_counted_up_is_counted_up_wholly() -> None:
    told = {row[0]: row[1] for row in MEANINGS}
    assert [each for each in DeliveryStatus if each.value not in told["delivery status"]] == []
    assert [each for each in Purpose if each.value not in told["purpose"]] == []
