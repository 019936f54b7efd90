"""What would text a patient twice, take a no for a yes, or believe anybody, is refused with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from nextvisit.files.fault import Fault
from nextvisit.files.part import Place, read_foreign
from nextvisit.files.yaml_text import SourceFile, parse
from nextvisit_channel_http_sms import HttpSmsSettings
from tests.plugins.channels.http_sms.examples import EXAMPLES


def faults(text: str) -> Sequence[Fault]:
    document, unread = parse(SourceFile("nextvisit.yaml", text))
    assert not unread
    connection: Any = document["channels"]["sms"]  # type: ignore[index]
    place = Place("nextvisit.yaml", connection.mark, connection.keys_at, connection.values_at)
    found = read_foreign(place, "settings", connection["settings"], HttpSmsSettings)
    return found if isinstance(found, tuple) else ()


def changed(name: str, old: str, new: str) -> str:
    """The example with one place of it rewritten."""
    assert EXAMPLES[name].count(old) == 1, old
    return EXAMPLES[name].replace(old, new)


ACCEPTED = 'says: accepted, field: id, matches: "[0-9]{1,20}", absent: [error, error_code]'
MONEY = "{says: rejected, about: account, field: error_code, equals: [2, 3]}"
LATER = "{says: later, after: PT1M, field: error_code, equals: [4]}"
SIGNED = 'over: "{url}{sorted_fields}"'
HERE = "here"
"""The fault stands in the line that was rewritten."""
WRONG = [
    # Texts a patient twice, or somebody else.
    ("smsc", 'phones: "{to}"', 'phones: "{to},{to}"', "neither a digit, a comma", "fields"),
    ("smsc", 'phones: "{to}"', 'phones: "{to},+48500999888"', "neither a digit, a comma", "fields"),
    ("smsc", 'phones: "{to}"', 'phones: "7{to}"', "neither a digit, a comma", "fields"),
    ("smsc", 'phones: "{to}"', 'phones: "+48500100200"', "must stand in one field", "fields"),
    ("smsc", 'mes: "{text}"', 'mes: "{text}"\n        viber: "{text}"', "twice or not at all", "fields"),
    ("smsc", 'mes: "{text}"', 'mes: "Klinika: {text}"', "must stand alone", "fields"),
    ("smsc", 'mes: "{text}"', 'mes: "{text"', "brace", "fields"),
    ("smsc", 'mes: "{text}"', 'mes: "{text}"\n        id: "{ident}"', r"nothing fills \{ident\}", "fields"),
    ("smsc", LATER, "{says: later, status: [200]}", "what broke off may be taken", HERE),
    ("smsc", LATER, "{says: later, status: [500, 502]}", "what broke off may be taken", HERE),
    ("smsc", LATER, "{says: later, absent: [id]}", "what broke off may be taken", HERE),
    ("smsc", LATER, "{says: later, field: status, equals: [queued]}", "texted twice", HERE),
    ("smsc", LATER, '{says: later, field: status, matches: ".*"}', "texted twice", HERE),
    ("smsc", LATER, "{says: later, about: message, field: error_code, equals: [4]}", "recipient or the account", HERE),
    ("smsc", MONEY, "{says: rejected, about: account, status: [200]}", "statuses of 400", HERE),
    ("smsc", MONEY, "{says: rejected, about: account, status: [500]}", "statuses of 400", HERE),
    ("smsc", MONEY, '{says: rejected, about: account, field: x, matches: "[a-z]*"}', "in another way", HERE),
    ("smsc", MONEY, "{says: rejected, field: error_code, equals: [2]}", "needs `about`", HERE),
    # Takes a no for a yes.
    ("smsc", ACCEPTED, "says: accepted, status: [200]", "only a yes has", HERE),
    ("smsc", ACCEPTED, "says: accepted, absent: [error_code]", "only a yes has", HERE),
    ("smsc", ACCEPTED, "says: accepted, present: [id]", "only a yes has", HERE),
    ("smsc", ACCEPTED, 'says: accepted, field: id, matches: ".+"', "says error, failed", HERE),
    ("smsc", ACCEPTED, 'says: accepted, field: id, matches: "[0-9]*"', "says error, failed", HERE),
    ("smsc", ACCEPTED, "says: accepted, field: state, equals: [ok, FAILED]", "says error, failed", HERE),
    ("smsc", ACCEPTED, "says: accepted, field: error, equals: ['null']", "says error, failed", HERE),
    ("smsc", ACCEPTED, "says: accepted, status: [200, 400], field: id, equals: [ok]", "200 to 299", HERE),
    ("smsc", ACCEPTED, "says: accepted, field: error_code, equals: [0, 7]", "means `accepted` in one rule", "answer"),
    ("smsc", ACCEPTED, "says: unknown, field: id, equals: [1]", "nothing would ever be", "answer"),
    ("smsc", ACCEPTED, "says: accepted, field: id", "needs equals", HERE),
    ("smsc", ACCEPTED, "says: accepted, field: 'a b', equals: [x]", "must be a path", "answer"),
    ("smsc", ACCEPTED, 'says: accepted, text: "OK .*"', "reads: text", "answer"),
    ("kannel", 'status: [202], text: "[03]: .{1,200}"', "field: state, equals: [ok]", "no fields", "answer"),
    ("smsc", "20: failed", "20: delivered, failed: delivered", "does not mean that the text arrived", "words"),
    ("twilio", "            sent: sent\n", "            sent: delivered\n", "does not mean that", "words"),
    ("twilio", "            delivered: delivered\n", "            delivered: sent\n", "means delivered", "words"),
    ("twilio", "            sent: sent\n", "            sent: opened\n", "nobody opens", "words"),
    # Takes time without end.
    ("smsc", "[0-9]{1,20}", "([0-9]+)+", "must not repeat a group", HERE),
    ("smsc", "[0-9]{1,20}", "[0-9]+a*b*", "without end", HERE),
    ("smsc", "[0-9]{1,20}", "a?a?a?a?a?a?a?aaaaaaa", "without end", HERE),
    ("smsc", "[0-9]{1,20}", "[0-9", "regular expression", HERE),
    # Believes anybody.
    ("smsc", 'secret: {stands: query, name: key, secret: "file:/run/secrets/sms_callbacks"}', "each: null", "anybody could say", "callbacks"),
    ("twilio", "by: hmac-sha1", "by: sha1", "anybody could make it", "signature"),
    ("twilio", SIGNED, 'over: "{url}{secret}"', "has the secret as its key", "signature"),
    ("twilio", SIGNED, 'over: "{field.MessageSid}"', "leaves out MessageStatus", "callbacks"),
    ("twilio", SIGNED, 'over: "{field.MessageSid}{field.MessageStatus}"', "leaves out From, Body", "callbacks"),
    ("twilio", SIGNED, 'over: "{bodyy}"', r"nothing fills \{bodyy\}", HERE),
    ("twilio", SIGNED, 'over: "{header.x-time}"', "leaves out", "callbacks"),
    ("twilio", "url: https://clinic.example/webhooks/sms\n        signature", "signature", "needs url", "callbacks"),
    ("smsapi", "        reads: query\n", "        reads: query\n        signature: {secret: env:S, by: hmac-sha256, over: '{body}', header: X}\n", "leaves out MsgId", "callbacks"),
    # Loses an event.
    ("twilio", "dedupe: [MessageSid, MessageStatus]", "dedupe: [MessageSid]", "would swallow", "reports"),
    ("twilio", "          dedupe: [MessageSid]\n", "          dedupe: [From, Body]\n", "two answers would be taken for one", "answers"),
    ("smsc", "          when: {present: [mes], absent: [status]}\n          ref: id\n", "          when: {present: [mes], absent: [status]}\n          dedupe: [phone]\n", "two answers", "answers"),
    ("twilio", "          ref: MessageSid\n          to: To\n", "          to: To\n", "finds no message", "reports"),
    ("twilio", "        ref: sid\n", "", "answer.ref does not say", "settings"),
    ("kannel", "&ours={id}", "", "no field has {id}", "settings"),
    ("smsapi", 'split: ","', 'split: ","\n        answers: {sender: from, text: text, ref: id, path: in}', "cut what a patient wrote", "callbacks"),
    ("smsc", "          when: {present: [status]}\n", "", "told apart", "callbacks"),
    ("smsc", ", zone: Europe/Moscow", "", "names no zone", "at: {field: time, "),
    ("smsc", "zone: Europe/Moscow", "zone: Moscow", "IANA", HERE),
    ("smsc", '"%d.%m.%Y %H:%M:%S"', "day", "must be unix", "at: {field: time, "),
    # Holds a secret, or shows it.
    ("smsc", "fmt: 3\n      answer", "fmt: 3\n        psw: hunter2\n      answer", "belongs under auth", "fields"),
    ("smsc", 'psw: "file:/run/secrets/smsc_password"', "psw: hunter2", "a secret itself does not belong", HERE),
    ("twilio", '      sender: "+48732000000"\n', '      sender: "+48732000000"\n      headers: {Authorization: "Basic aHVudGVyMg=="}\n', "belongs under auth", "headers: {"),
    ("twilio", '      sender: "+48732000000"\n', '      sender: "+48732000000"\n      headers: {X-To: "{to}"}\n', "headers are logged", "headers: {"),
    ("twilio", '      sender: "+48732000000"\n', '      sender: "+48732000000"\n      headers: {Host: other.example}\n', "no header that the settings", "headers: {"),
    ("twilio", "url: https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json", "url: https://gateway.example@hunter2.example/", "must not hold a name or a password", "settings"),
    # Asks somebody else, or in a way that is none.
    ("smsc", "url: https://smsc.ru/sys/balance.php", "url: https://balance.example/", "of the same server", "settings"),
    ("smsc", "url: https://smsc.ru/sys/send.php", "url: http://smsc.ru/sys/send.php", "in the clear", "settings"),
    ("smsc", "fields: {fmt: 3}", 'fields: {phones: "{to}"}', "has no places", "check"),
    ("smsc", 'proves: {field: balance, matches: "-?[0-9.]{1,20}", absent: [error_code]}', "proves: {status: [200]}", "only a right login", "check"),
    ("kannel", "      body: query\n", "", "a GET has no body", "settings"),
    ("kannel", "check: none", "longest: 160", "is missing", "settings"),
    ("smsc", "        fmt: 3\n      answer", "        fmt: true\n      answer", "put true in quotes", "settings"),
    ("smsc", "      sender: Klinika\n", "", "belong together", "settings"),
    ("smsc", "      number: digits\n", "      number: digits\n      autth: {}\n", "did you mean `auth`", "autth"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "why", "near"), WRONG, ids=[f"{each[0]}-{each[2][:50]}" for each in WRONG])  # fmt: skip
def test_a_fault_is_refused_in_words_at_its_line(name: str, old: str, new: str, why: str, near: str) -> None:
    text = changed(name, old, new)
    (found,) = [each for each in faults(text) if re.search(why, each.message)]
    lines = ["", *text.splitlines()]
    # A mapping stands at its first key.
    here = lines[found.line] if near == HERE else "".join(lines[found.line - 1 : found.line + 1])
    assert (new.splitlines()[0] if near == HERE else near) in here
    for each in faults(text):
        assert "hunter2" not in each.message
        assert "aHVudGVyMg" not in each.message


def test_the_examples_have_no_fault() -> None:
    assert {name: faults(text) for name, text in EXAMPLES.items()} == dict.fromkeys(EXAMPLES, ())


def test_all_faults_are_told_at_once_each_with_its_line_and_column() -> None:
    text = changed("smsc", ACCEPTED, "says: accepted, status: [200]")
    text = text.replace(LATER, "{says: later, status: [500]}").replace("Europe/Moscow", "Moskau")
    lines = text.splitlines()
    found = faults(text)
    assert len(found) == 3
    for fault, written in zip(
        found, ("says: accepted, status", "says: later, status", "zone: Moskau"), strict=True
    ):
        assert written in lines[fault.line - 1]
        assert lines[fault.line - 1][fault.column - 1 :].startswith(("{says", "Moskau"))


def test_another_number_in_the_list_of_the_patients_is_refused() -> None:
    text = changed(
        "smsc", '        phones: "{to}"\n', '        phones: [{to: "{to}"}, {to: "+48500999888"}]\n'
    )
    assert any("goes to one patient" in each.message for each in faults(text))
