"""The core asks what kind a channel is of, and names none."""

from __future__ import annotations

import ast

from tests.house.tree import name, python

KINDS = {"email", "sms", "phone", "whatsapp", "telegram", "viber", "max", "voice", "pager"}
# Where such a word is something else than a kind of channel, or is what others are to use.
ON_PURPOSE = {
    "core/nextvisit/sdk/addresses.py": "the spaces that are ready to be used",
    "core/nextvisit/sdk/testing/fake_channel.py": "the fakes of two kinds",
    "core/nextvisit/messages/forms.py": "what a messages file calls the parts of a message",
    "core/nextvisit/messages/short_text.py": "the same",
    "core/nextvisit/segments/model.py": "the predicate `has`, about what the MIS knows",
    "core/nextvisit/segments/facts.py": "the same",
    "core/nextvisit/segments/evaluate.py": "the same",
    "core/nextvisit/segments/words.py": "the same",
    "core/nextvisit/store/people/segments_sql.py": "the same",
    "core/nextvisit/store/people/patients.py": "the same",
    "core/nextvisit/domain/zones.py": "from what a patient's zone was told",
    "core/nextvisit/messages/render.py": "the clinic's phone, for a template",
    "core/nextvisit/messages/template_lint.py": "the same",
    "core/nextvisit/desk/patients.py": "what staff search by",
    "core/nextvisit/setup/texts.py": "the names of the connections that it writes down",
    "core/nextvisit/desk/typed_addresses.py": "the same",
}


def test_no_module_of_the_core_names_a_kind_of_channel() -> None:
    naming: dict[str, set[str]] = {}
    for path, tree in python("core", "workflows"):
        words = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in KINDS
        }
        if words and name(path).startswith(("core/nextvisit/", "workflows/")):
            naming[name(path)] = words
    assert {path: words for path, words in naming.items() if path not in ON_PURPOSE} == {}
    assert set(ON_PURPOSE) - set(naming) == set()
