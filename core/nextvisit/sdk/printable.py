"""Text of others as a terminal may be given it."""

from __future__ import annotations

from unicodedata import category


def shown(text: str) -> str:
    """In one line, and what a terminal would obey, hide or turn around is escaped.

    Whoever wrote a MIS's record, a reply, an argument or a file's name may have written ESC, or a line that
    looks like ours. Tabs stay, and spaces of every width.
    """
    if text.isprintable():
        return text
    return "".join(each if shows(each) else ascii(each)[1:-1] for each in text)


def shows(char: str) -> bool:
    """Whether it stays as it is."""
    return char.isprintable() or char == "\t" or category(char) == "Zs"
