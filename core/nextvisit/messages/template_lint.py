"""What a template may contain, checked when it is loaded and again before it is rendered.

A sandbox alone is not enough: it lets a template loop until the worker dies or build a string of
gigabytes. So the allowed grammar is listed here and the rest is refused: the vocabulary, `if`, and
`for slot in slots`, not nested.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

VOCABULARY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "clinic": frozenset({"name", "phone"}),
        "patient": frozenset({"salutation"}),
        "visit": frozenset({"label"}),
    }
)
"""Names with fields. Besides them there are the plain name `link` and the list `slots`."""

_SLOT = frozenset({"number", "label"})
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.If,
    nodes.For,
    nodes.Not,
    nodes.And,
    nodes.Or,
)
_LONGEST = 4000
_DEEPEST = 20
"""Nodes below each other. Messages have six; Python compiles a hundred blocks, and less of its own stack."""


def without_markup(source: str) -> str:
    """The template's own words; what Jinja fills in is not known yet."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.DOTALL)


def says_link(source: str) -> bool:
    """Whether it names the link to the patient's page. A template that cannot be read names nothing."""
    try:
        tree = ImmutableSandboxedEnvironment().parse(source)
    except (TemplateSyntaxError, RecursionError):
        return False
    return any(node.name == "link" for node in tree.find_all(nodes.Name))


def lint_template(source: str) -> list[str]:
    """Everything that forbids the use of this template; an empty list when nothing does."""
    if len(source) > _LONGEST:
        return [f"line 1: longer than {_LONGEST} characters"]
    # Built per call: an environment keeps a cache, and a module keeps no state.
    sandbox = ImmutableSandboxedEnvironment()
    faults: list[str] = []
    try:
        _visit(sandbox.parse(source), None, faults)
        if not faults:
            sandbox.compile(source)  # some of Jinja's own rules are looked at only here
    except TemplateSyntaxError as error:
        return [f"line {error.lineno}: {error.message}"]
    except RecursionError:
        return ["line 1: nested too deeply"]
    return list(dict.fromkeys(faults))


def _visit(node: nodes.Node, loop: str | None, faults: list[str], depth: int = 0) -> None:
    """`loop` is the name that a surrounding `for` gives to each slot."""
    if depth > _DEEPEST:
        faults.append(f"line {node.lineno}: nested too deeply")
        return
    if not isinstance(node, _ALLOWED):
        faults.append(f"line {node.lineno}: {type(node).__name__} is not allowed in a message")
        return
    match node:
        case nodes.For():
            _visit_for(node, loop, faults, depth)
            return
        case nodes.Getattr():
            _visit_field(node, loop, faults)
            return
        case nodes.Name() if node.name not in ("link", "slots") and node.name not in VOCABULARY:
            faults.append(f"line {node.lineno}: unknown name `{node.name}`")
        case _:
            pass
    if isinstance(node, nodes.Output):
        # A whole object, printed, is Python's notation and not a message.
        faults.extend(
            f"line {child.lineno}: `{child.name}` is no text; name one of its fields"
            for child in node.nodes
            if isinstance(child, nodes.Name) and (child.name in VOCABULARY or child.name == "slots")
        )
    for child in node.iter_child_nodes():
        _visit(child, loop, faults, depth + 1)


def _visit_for(node: nodes.For, loop: str | None, faults: list[str], depth: int) -> None:
    plain = (
        loop is None
        and isinstance(node.iter, nodes.Name)
        and node.iter.name == "slots"
        and isinstance(node.target, nodes.Name)
        and node.target.name not in VOCABULARY
        and node.target.name not in ("link", "slots")
        and node.test is None
        and not node.else_
        and not node.recursive
    )
    if not plain or not isinstance(node.target, nodes.Name):
        faults.append(f"line {node.lineno}: the only loop is `for slot in slots`, not nested, without extras")
        return
    for child in node.body:
        _visit(child, node.target.name, faults, depth + 1)


def _visit_field(node: nodes.Getattr, loop: str | None, faults: list[str]) -> None:
    if not isinstance(node.node, nodes.Name):
        faults.append(f"line {node.lineno}: `.{node.attr}` of something that is no name")
        return
    name = node.node.name
    fields = _SLOT if loop is not None and name == loop else VOCABULARY.get(name)
    if fields is None:
        faults.append(f"line {node.lineno}: unknown name `{name}`")
    elif node.attr not in fields:
        faults.append(f"line {node.lineno}: `{name}` has no field `{node.attr}`")
