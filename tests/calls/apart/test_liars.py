"""What a process says is a stranger's word: whatever it is, it harms the calls that it was asked, and it is told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from nextvisit.calls.apart import keeper
from nextvisit.calls.apart.keeper import Launch
from nextvisit.calls.apart.proxy import begun, end
from nextvisit.calls.guard import Whose, guarded
from nextvisit.calls.troubles import Troubles
from nextvisit.sdk.channels import MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.doors import RawInbound
from nextvisit.sdk.errors import Bug, ConfigError, NextVisitError, OutcomeUnknown, RetryLater
from tests.calls.test_guard import LATE
from tests.world.records import CANARY, PHONE

pytestmark = pytest.mark.anyio
MESSAGE = OutgoingMessage(MessageId("m1"), PHONE, ShortText("hello"), "en")

LIAR = """
import json, os, socket, struct, sys
wire = socket.socket(fileno=int(sys.argv[-2]))
come = b""

def say(head, body=b""):
    raw(json.dumps([head]).encode() + b"\\n" + body)

def raw(payload):
    wire.sendall(struct.pack(">I", len(payload)) + payload)

def order():
    global come
    while len(come) < 4 or len(come) < 4 + struct.unpack(">I", come[:4])[0]:
        more = wire.recv(65536)
        if not more:
            os._exit(0)
        come += more
    size = struct.unpack(">I", come[:4])[0]
    payload, come = come[4:4 + size], come[4 + size:]
    head = json.loads(payload.partition(b"\\n")[0])[0]
    return order() if head["do"] == "ping" else head

order()
METHODS = ["check", "close", "send", "parse_inbound", "serve", "receive", "left_out"]
"""
BUILDS = LIAR + 'say({"says": "built", "name": "Liar", "methods": METHODS})\nasked = order()\n'
STAYS = "\nwhile True: order()"


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """A connection whose process, once it is asked, does this; and is begun anew no more."""
    monkeypatch.setattr(keeper, "FIRST_PAUSE", LATE)
    made: list[Any] = []

    def make(does: str, before: str = BUILDS) -> Any:
        launch = Launch([sys.executable, "-c", before + does + STAYS], {}, b"{}", "channels.sms")
        made.append(begun(launch, Whose("sms", "liar"), troubles))
        return guarded(made[-1], Whose("sms", "liar"), troubles, LATE)

    troubles = Troubles()
    make.troubles = troubles  # type: ignore[attr-defined]
    yield make
    for each in made:
        end(each)


GIVES = '{"says": "gave", "id": asked["id"], "left_out": {}}'
ENDED = {
    "odd bytes": "raw(os.urandom(64))",
    "no JSON": "raw(b'Kanarek\\n')",
    "deep JSON": "raw(b'[' * 100_000)",
    "nothing": "raw(b'')",
    "another word": 'say({"says": "sings"})',
    "a field more": 'say({"says": "pong", "Kanarek": 1})',
    "a huge frame": 'wire.sendall(struct.pack(">I", 2**31) + b"x")',
    "an answer to nobody": 'say({"says": "gave", "id": 10**6, "left_out": {}}, b\'["x"]\')',
    "an answer twice": f"say({GIVES}, b'[\"x\"]'); say({GIVES}, b'[\"x\"]')",
    "a second beginning": 'say({"says": "built", "name": "Liar", "methods": []})',
    "a turn that nobody gave it": 'say({"says": "wants", "id": 1, "what": "turn", "of": 0})',
    "a thing of another shape": 'say({"says": "wants", "id": 1, "what": "put", "of": asked["id"]}, b\'["Kanarek"]\')',
    "a place that commands a terminal": 'say({"says": "met", "method": "send", "kind": "slow", "what": "", "place": "\\x1b[2J", "times": 1, "longest": "PT1S"})',
    "a log line in words": 'say({"says": "logged", "code": "Kanarek phoned"})',
}


@pytest.mark.parametrize("does", ENDED.values(), ids=ENDED)
async def test_what_is_no_word_of_the_wire_ends_the_process(lying: Any, does: str) -> None:
    sms = lying(does)
    with capture_logs() as logs:
        if does.count("say(") == 2:
            assert await sms.check() == "x"
        else:
            with pytest.raises(RetryLater, match=r"plugin\.died"):
                await sms.check()
        while not (met := lying.troubles.take()):
            await asyncio.sleep(0.01)
    assert [(each.trouble.connection, each.trouble.plugin, each.trouble.kind) for each in met] == [
        ("sms", "liar", "died")
    ]
    with pytest.raises(RetryLater, match=r"plugin\.away"):
        await sms.check()
    assert CANARY not in repr(met) + repr(logs)


ANSWERS = {
    "another type": b'[{"Kanarek": 7}]',
    "a number for a text": b"[7]",
    "two values": b'["x", "y"]',
    "no JSON": b"Kanarek",
    "nothing": b"",
}


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_of_another_shape_is_none(lying: Any, body: bytes) -> None:
    """After a send nobody knows."""
    with pytest.raises(Bug, match=r"plugin\.returned"):
        await lying(f"say({GIVES}, {body!r})").check()
    with pytest.raises(OutcomeUnknown, match=r"plugin\.returned"):
        await lying(f"say({GIVES}, {body!r})").send(MESSAGE)


async def test_things_of_another_shape_are_none(lying: Any) -> None:
    lines = b"\n".join((b"Kanarek {}", b"InboundMessage [7]", b"InboundMessage " + b"[" * 10_000, b"-", b""))
    found = lying(f"say({GIVES}, {lines!r})").parse_inbound(b"")
    assert len(found) == 5
    assert CANARY not in repr(found)


async def test_it_speaks_for_no_other_connection(lying: Any) -> None:
    """Of what it says that it was met with, whose it is is ours to say."""
    told = '{"says": "met", "method": "send", "kind": "slow", "what": "", "place": "", "times": 10**18, "longest": "PT1S"}'
    assert await lying(f"say({told}); say({GIVES}, b'[\"x\"]')").check() == "x"
    (met,) = [each.trouble for each in lying.troubles.take()]
    assert (met.connection, met.plugin) == ("sms", "liar")


async def test_however_much_it_tells_and_logs_it_fills_neither_memory_nor_log(lying: Any) -> None:
    told = 'for n in range(5000): say({"says": "met", "method": "send", "kind": "raised", "what": str(n), "place": "", "times": 1, "longest": "PT0S"}); say({"says": "logged", "code": f"a.n{n}"})'
    with capture_logs() as logs:
        assert await lying(f"exec({told!r}); say({GIVES}, b'[\"x\"]')").check() == "x"
    met = {each.trouble: each.times for each in lying.troubles.take()}
    assert len(met) == 101
    assert sum(met.values()) == 5000
    said = [each["event"] for each in logs if each["event"] != "plugin.faulty"]
    assert said == ["plugin.said"] * 1000 + ["plugin.says_too_much"]


async def test_what_it_counts_as_left_out_fills_no_memory(lying: Any) -> None:
    counts = (
        'say({"says": "gave", "id": asked["id"], "left_out": {f"c{n}": 1 for n in range(%d)}}, b\'["x"]\')'
    )
    sms = lying(counts % 900)
    assert await sms.check() == "x"
    counted = sms.left_out()
    assert len(counted) == 101
    assert sum(counted.values()) == 900
    assert sms.left_out() == {}
    with pytest.raises(RetryLater, match=r"plugin\.died"):
        await lying(counts % 1_001).check()


async def test_who_reads_none_of_the_answers_that_it_wants_is_ended(lying: Any) -> None:
    wants = (
        'for n in range(40_000): say({"says": "wants", "id": n, "what": "put", "of": 0},'
        ' b\'[{"body":"eA==","dedupe":"k","waits":"PT0S","replaces":null}]\')'
    )
    with pytest.raises(RetryLater, match="read nothing"):
        await lying(f"exec({wants!r})").check()


async def test_what_it_puts_at_once_is_bounded_in_bytes(lying: Any) -> None:
    puts = (
        'for n in range(3): say({"says": "wants", "id": n, "what": "put", "of": asked["id"]},'
        ' b\'[{"body":"\' + b"eHh4" * 7_000_000 + b\'","dedupe":"k","waits":"PT0S","replaces":null}]\')'
    )
    with pytest.raises(RetryLater, match="wants more at once"):
        await lying(f"exec({puts!r})").serve(Hanging())


class Hanging:
    """An inbox that keeps nothing, ever."""

    async def put(self, _: RawInbound) -> None:
        await asyncio.Event().wait()

    def listening(self) -> None: ...
    def deaf(self, _: NextVisitError | OSError) -> None: ...


@pytest.mark.parametrize(
    "does", ["os._exit(0)", "raw(b'Kanarek')", 'say({"says": "built", "name": "a b", "methods": []})']
)
def test_what_never_begins_is_refused_with_its_place(lying: Any, does: str) -> None:
    with pytest.raises(ConfigError) as caught:
        lying(does, LIAR)
    assert caught.value.place == "channels.sms"
    assert CANARY not in str(caught.value)


async def test_an_error_that_it_makes_up_is_one_of_ours(lying: Any) -> None:
    made_up = '{"says": "failed", "id": asked["id"], "error": {"kind": "%s", "code": "x", "message": "y"}}'
    with pytest.raises(NextVisitError, match="x: y"):
        await lying(f"say({made_up % 'Rejected'})").check()
    with pytest.raises(RetryLater, match=r"plugin\.died"):
        await lying(f"say({made_up % 'KeyboardInterrupt'})").check()
