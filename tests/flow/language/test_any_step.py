"""What a step with a wrong key is told: the faults that `tests/bad_campaigns` does not show."""

from __future__ import annotations

import pytest

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import SourceFile
from nextvisit.flow.language.load import load_campaign
from tests.world.campaigns import HEAD, LADDER, english


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("{ sned: hello }", "unknown key `sned`; did you mean `send`?"),
        ("{ send: hello, thn: [ end ] }", "unknown key `thn`; did you mean `then`?"),
        (
            "{ wait: 1 day, book: x }",
            "`book` is no step of its own: `offer` books the time that the patient chooses",
        ),
        ("{ wait: 1 day, booked: [ end ] }", "`booked` goes with `offer`"),
        ("{ goto: end, then: [ end ] }", "`then` goes with `send`, `wait`, `task` or `tag`"),
        ("{ end: , goto: end }", "`end` is the end; nothing can follow it"),
        ("wait", "expected `key: value` lines here"),
        ("{ wait: 1 day, goto: nowhere }", "there is no step `nowhere`; known here: end"),
        (
            "{ ask: { message: hello, silence: { after: 1 day, goto: nowhere } } }",
            "there is no step `nowhere`; known here: end",
        ),
        ("[ end ]", "expected `key: value` lines here"),
    ],
)
def test_a_step_with_a_wrong_key_is_told_what_would_be_right(step: str, fault: str) -> None:
    text = SourceFile("c.yaml", f"{HEAD}{LADDER}steps:\n  - {step}\n")
    with pytest.raises(InvalidFile) as caught:
        load_campaign(text, [english("hello")])
    assert fault in [each.message for each in caught.value.faults]
