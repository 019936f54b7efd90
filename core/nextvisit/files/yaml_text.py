"""YAML text → plain values that remember their places. All duplicate keys are found, not the first one.

The text is composed to nodes and not constructed: a node has the place of each key and value, no tag of
a file can make an object, and `yes`, `on` and dates stay the words that somebody typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.sdk.errors import Bug

LARGEST = 250_000
"""Bytes of a file. Nobody writes a tenth of that by hand, and each costs time to read."""

_MOST_PARTS = 20_000
"""Lines, and what brackets and commas part: each costs more than a thousand times its bytes."""

DEEPEST = 50
"""Lists and mappings within each other. The models are read by recursion, and Python's stack ends."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_MOST_DIGITS = 18
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters other than tab and newline, what turns the order of reading around, and halves of a
character. No patient can read them, what stands there is not what is seen, and a database or UTF-8 cannot
hold some; YAML lets them in by escapes such as `"\\0"`."""

_PART = re.compile(r"[\n,\[{]")
_BEYOND_UNICODE = re.compile(r"\\U(?!000|0010)[0-9a-fA-F]{8}")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as text. `name` is what faults call it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text, counted from 1."""

    line: int
    column: int


class Block(dict[str, object]):
    """A mapping with its places."""

    mark: Mark
    keys_at: dict[str, Mark]
    values_at: dict[str, Mark]


class Items(list[object]):
    """A list with its places."""

    mark: Mark
    items_at: list[Mark]


class Text(str):
    """A text with its place."""

    __slots__ = ("mark",)
    mark: Mark


def decoded(name: str, raw: bytes) -> SourceFile:
    """The bytes of the file `name` as text. Raises InvalidFile. Read LARGEST + 1 of it."""
    if len(raw) > LARGEST:
        raise InvalidFile([Fault(name, 1, 1, f"the file is larger than {LARGEST:,} bytes")])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        message = "this is not UTF-8; save the file as UTF-8"
        raise InvalidFile([Fault(name, *_after(before), message)]) from error
    return SourceFile(name, text.replace("\r\n", "\n").replace("\r", "\n"))


def _after(before: str) -> tuple[int, int]:
    """Line and column of what follows this beginning of a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def parse(source: SourceFile) -> tuple[Block | None, list[Fault]]:
    """The top mapping of the file and the faults of its form; None when it cannot be read at all."""
    if found := _UNWRITABLE.search(source.text.replace("\r", " ").replace("\x85", " ")):
        message = f"a character stands here that cannot be printed: {ascii(found[0])[1:-1]}"
        return None, [Fault(source.name, *_after(source.text[: found.start()]), message)]
    if (beyond := next(islice(_PART.finditer(source.text), _MOST_PARTS, None), None)) is not None:
        message = f"the file has more than {_MOST_PARTS:,} lines and parts of lists; part it"
        return None, [Fault(source.name, *_after(source.text[: beyond.start()]), message)]
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST
    yaml.composer.warn_double_anchors = False  # it would be said outside of the faults
    try:
        node = yaml.compose(source.text)
    except MarkedYAMLError as error:
        return None, [_syntax_fault(source, error)]
    except (ReaderError, ValueError, OverflowError) as error:
        return None, [_character_fault(source, error)]
    if not isinstance(node, MappingNode):
        message = "the file is empty" if node is None else "expected `key: value` lines here"
        return None, [Fault(source.name, 1, 1, message)]
    faults: list[Fault] = []
    return _Values(source.name, faults).block(node), faults


class _Values:
    """Nodes to values. Remembers the nodes seen, because an alias is the same node again."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self._file = file
        self._faults = faults
        self._seen: set[int] = set()

    def of(self, node: Node) -> object:
        if id(node) in self._seen:
            self._fault(_mark(node), "`&` and `*` are not supported; write the part out again")
            return None
        self._seen.add(id(node))
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if isinstance(node, SequenceNode):
            items = Items(self.of(item) for item in node.value)
            items.mark, items.items_at = _mark(node), [_mark(item) for item in node.value]
            return items
        if isinstance(node, MappingNode):
            return self.block(node)
        raise Bug("config.node", "YAML has three kinds of node")

    def block(self, node: MappingNode) -> Block:
        block = Block()
        block.mark, block.keys_at, block.values_at = _mark(node), {}, {}
        for key_node, value_node in node.value:
            key, mark = str(key_node.value), _mark(key_node)
            if not isinstance(key_node, ScalarNode):
                self._fault(mark, "a key has to be a single word")
            elif not self._writable(key_node):
                pass  # said; a value below it would have no name
            elif key in block:
                first = block.keys_at[key].line
                self._fault(mark, f"`{key}` is written twice; the first is on line {first}; keep one")
            else:
                block[key] = self.of(value_node)
                empty = isinstance(value_node, ScalarNode) and not value_node.value and not value_node.style
                block.keys_at[key], block.values_at[key] = mark, mark if empty else _mark(value_node)
        return block

    def _scalar(self, node: ScalarNode) -> object:
        word = str(node.value)
        match str(node.tag).rsplit(":", 1)[-1]:
            case "null":
                return None
            case "bool":
                return word.lower() == "true"
            case "int" if _INTEGER.fullmatch(word) and self._short(node):
                return int(word)
            case "float" if _DECIMAL.fullmatch(word) and self._short(node):
                return float(word)
            case _:
                self._writable(node)
                text = Text(word)
                text.mark = _mark(node)
                return text

    def _short(self, node: ScalarNode) -> bool:
        short = len(node.value) <= _MOST_DIGITS
        if not short:
            self._fault(_mark(node), f"a number may have {_MOST_DIGITS} digits at most")
        return short

    def _writable(self, node: ScalarNode) -> bool:
        found = _UNWRITABLE.search(str(node.value))
        if found:
            shown = ascii(found[0])[1:-1]
            self._fault(_mark(node), f"a text cannot hold the character {shown}")
        return found is None

    def _fault(self, mark: Mark, message: str) -> None:
        self._faults.append(Fault(self._file, mark.line, mark.column, message))


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _character_fault(source: SourceFile, error: Exception) -> Fault:
    """What the parser says without a place: a character outside of YAML, or an escape outside of Unicode."""
    beyond = _BEYOND_UNICODE.search(source.text)
    at = error.position if isinstance(error, ReaderError) else beyond.start() if beyond else 0
    return Fault(source.name, *_after(source.text[:at]), "there is no character that is written like this")


def _syntax_fault(source: SourceFile, error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = error.problem or "this cannot be read"
    if isinstance(error, MaxDepthExceededError):
        return Fault(source.name, line, column, f"nested too deeply: more than {DEEPEST} levels")
    lines = source.text.splitlines()
    at = lines[line - 1] if line <= len(lines) else ""
    if "\t" in at[: len(at) - len(at.lstrip())]:
        return Fault(source.name, line, at.index("\t") + 1, "a tab stands here; indent with spaces")
    if "mapping values are not allowed" in problem:
        problem = "a second `: ` in one line; put the text in quotes, or begin a new line"
    elif "expected ',' or" in problem:
        problem = "a `,`, or the closing bracket of a list or of `{`, is missing before this place"
    elif "expected <block end>" in problem:
        problem = _out_of_line(begun=bool(at[: column - 1].strip()))
    elif "undefined alias" in problem:
        problem = "`*` has a meaning in YAML; put the text in quotes"
    elif "end of stream" in problem:
        problem = "a quotation mark is not closed"
    elif "could not find expected ':'" in problem:
        problem = "a `:` is missing before this place"
    elif "cannot start any token" in problem:
        problem = "a text cannot begin with this character; put it in quotes"
    return Fault(source.name, line, column, problem)


def _out_of_line(*, begun: bool) -> str:
    """Of what ends a block where it should go on. begun: there is something before it in its line."""
    if begun:
        return "the value ends before this place; put all of it into one pair of quotes"
    return "this line is indented differently from the lines that it belongs to"
