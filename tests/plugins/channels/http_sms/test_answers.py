"""A yes is a yes by what it says; whatever no rule covers was not accepted, and is not sent again either."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk.channels import Accepted, MessageId, OutgoingMessage, ShortText
from nextvisit.sdk.errors import NextVisitError, OutcomeUnknown, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.outbound import HttpReply
from nextvisit_channel_http_sms import HttpSmsChannel
from nextvisit_channel_http_sms.answer import AnswerReading, judged
from tests.plugins.channels.http_sms.examples import raw, settings
from tests.plugins.channels.http_sms.server import serving

TO = "+48500100200"
MESSAGE = OutgoingMessage(MessageId("00000000-0000-4000-8000-000000000001"), TO, ShortText("Tak?"), "pl")


async def outcome(name: str, status: int, said: Any) -> Accepted | NextVisitError:
    """Of a send over a socket, by an example of the document."""
    async with serving(lambda _: (status, said)) as port:
        channel = HttpSmsChannel(settings(name, port))
        try:
            return await channel.send(MESSAGE)
        except NextVisitError as error:
            return error
        finally:
            await channel.close()


def kind(found: Accepted | NextVisitError) -> tuple[Any, ...]:
    match found:
        case Rejected():
            return Rejected, found.scope, found.code
        case RetryLater():
            return RetryLater, found.scope, found.after
        case Accepted():
            return Accepted, found.provider_ref, found.parts
        case _:
            return (type(found),)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "status", "said", "means"),
    [
        ("smsapi", 200, {"list": [{"id": "A1", "status": "QUEUE", "error": None, "parts": 2}]}, (Accepted, "A1", 2)),
        ("smsapi", 200, {"list": [{"id": "A1", "status": "STRANGE"}]}, (ProtocolError,)),
        ("smsapi", 200, {"error": 13, "list": [{"id": "A1", "status": "QUEUE"}]}, (Rejected, "recipient", "http_sms.13")),
        ("smsapi", 200, {"error": 59}, (Rejected, "recipient", "http_sms.59")),
        ("smsapi", 400, {"error": 103}, (Rejected, "account", "http_sms.103")),
        ("smsapi", 200, {"error": 12}, (Rejected, "message", "http_sms.12")),
        ("smsapi", 200, {"error": 53}, (OutcomeUnknown,)),
        ("smsapi", 200, {"error": 52}, (RetryLater, "recipient", timedelta(minutes=2))),
        ("smsapi", 200, {"error": 201}, (RetryLater, "account", timedelta(minutes=1))),
        ("smsc", 200, {"id": 5, "cnt": 3}, (Accepted, "5", 3)),
        ("smsc", 200, {"id": 5, "error": "invalid number", "error_code": 7}, (Rejected, "recipient", "http_sms.7")),
        ("smsc", 200, {"error": "no money", "error_code": 3}, (Rejected, "account", "http_sms.3")),
        ("smsc", 200, {"error": "duplicate", "error_code": 9}, (OutcomeUnknown,)),
        ("smsc", 200, {"id": 5, "error": {"code": 7}}, (ProtocolError,)),
        ("smsc", 200, {"id": 5, "error": []}, (Accepted, "5", 1)),
        ("smsc", 200, {"id": None}, (ProtocolError,)),
        ("smsc", 400, {"id": 5}, (OutcomeUnknown,)),
        ("smsc", 500, {"id": 5}, (OutcomeUnknown,)),
        ("twilio", 201, {"sid": "SM" + "a" * 32, "error_code": None, "num_segments": "2"}, (Accepted, "SM" + "a" * 32, 2)),
        ("twilio", 200, {"sid": "SM" + "a" * 32}, (ProtocolError,)),
        ("twilio", 400, {"code": 21610}, (Rejected, "recipient", "http_sms.21610")),
        ("twilio", 429, {"code": 20429}, (RetryLater, "account", timedelta(minutes=1))),
        ("kannel", 202, "0: Accepted for delivery", (Accepted, MESSAGE.id, 1)),
        ("kannel", 202, "3: Queued for later delivery\n", (Accepted, MESSAGE.id, 1)),
        ("kannel", 503, "Temporal failure, try again later.", (RetryLater, "account", None)),
        ("kannel", 202, "OK", (ProtocolError,)),
        ("kannel", 403, "0: Accepted for delivery", (Rejected, "account", "http_sms.http_403")),
    ],
)  # fmt: skip
async def test_what_the_gateways_say_means(name: str, status: int, said: Any, means: tuple[Any, ...]) -> None:
    assert kind(await outcome(name, status, said)) == means


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "means"),
    [
        (200, (ProtocolError,)),
        (302, (ProtocolError,)),
        (401, (Rejected, "account", "http_sms.http_401")),
        (403, (Rejected, "account", "http_sms.http_403")),
        (404, (ProtocolError,)),
        (425, (RetryLater, "account", None)),
        (429, (RetryLater, "account", None)),
        (500, (OutcomeUnknown,)),
        (502, (OutcomeUnknown,)),
        (503, (RetryLater, "account", None)),
        (504, (OutcomeUnknown,)),
    ],
)
@pytest.mark.parametrize(
    "said", ["", "<html>OK</html>", {"x": 1}, [], '{"list": [', '{"error": 1, "error": null}']
)
async def test_what_no_rule_covers_is_what_http_says_and_never_accepted(
    status: int, means: tuple[Any, ...], said: Any
) -> None:
    assert kind(await outcome("twilio", status, said)) == means


def test_an_id_that_holds_the_number_is_not_kept() -> None:
    reading = AnswerReading.model_validate(
        {"rules": [{"says": "accepted", "field": "s", "equals": ["taken"]}], "ref": "id", "parts": "n"}
    )

    def accepted(ref: str, parts: str = "1") -> Accepted:
        body = f'{{"s": "taken", "id": {ref}, "n": {parts}}}'.encode()
        return judged(reading, HttpReply(200, {}, body), TO, 4)

    assert accepted('"m-7"').provider_ref == "m-7"
    for ref in ('"48500100200-1"', '"a b"', '""', "null", "{}", f'"{"x" * 200}"'):
        assert accepted(ref).provider_ref is None
    assert [accepted("1", parts).parts for parts in ("2", '"3"', "0", "-1", "null", "9999", "1.5")] == [
        2,
        3,
        4,
        4,
        4,
        4,
        4,
    ]


READINGS = [AnswerReading.model_validate(raw(name)["answer"]) for name in ("smsapi", "smsc", "twilio")]
WORDS = st.sampled_from(
    [
        "list",
        "status",
        "id",
        "sid",
        "error",
        "error_code",
        "code",
        "QUEUE",
        "SM" + "a" * 32,
        "13",
        "52",
        13,
        52,
        7,
        1,
        None,
        True,
    ]
)
JSON = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS.filter(lambda each: isinstance(each, str)), inner, max_size=5))  # fmt: skip


@given(
    reading=st.sampled_from(READINGS),
    status=st.sampled_from([200, 201, 202, 302, 400, 404, 429, 500, 503]),
    said=JSON,
)
def test_no_answer_with_an_error_in_it_is_ever_a_yes(reading: AnswerReading, status: int, said: Any) -> None:
    try:
        judged(reading, HttpReply(status, {}, json.dumps(said).encode()), TO, 1)
    except NextVisitError:
        return
    assert isinstance(said, dict)
    assert 200 <= status < 300
    assert said.get("error") in (None, [], {})
    assert "list" in said or isinstance(said.get("id") or said.get("sid"), str | int)


@pytest.mark.parametrize("order", [1, -1])
def test_rules_that_disagree_leave_it_unknown_in_whatever_order(order: int) -> None:
    """Where a refusal has an id, as some have, whoever forgot `absent` texts nobody twice and loses nobody."""
    rules = [
        {"says": "accepted", "field": "id", "matches": "[0-9]+"},
        {"says": "rejected", "about": "recipient", "field": "error_code", "equals": [7]},
    ]
    reading = AnswerReading.model_validate({"rules": rules[::order]})
    with pytest.raises(OutcomeUnknown):
        judged(reading, HttpReply(200, {}, b'{"id": 5, "error_code": 7}'), TO, 1)
    assert judged(reading, HttpReply(200, {}, b'{"id": 5}'), TO, 1)


def test_a_wish_to_wait_is_heard_and_ours_is_the_least() -> None:
    reading = AnswerReading.model_validate(raw("smsapi")["answer"])
    for wish, after in (("5", 60), ("90", 90)):
        with pytest.raises(RetryLater) as caught:
            judged(reading, HttpReply(200, {"retry-after": wish}, b'{"error": 200}'), TO, 1)
        assert caught.value.after == timedelta(seconds=after)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "said", "raises"),
    [
        (200, {"error_code": 2}, Rejected),
        (401, "", Rejected),
        (200, {"balance": "none", "x": 1}, ProtocolError),
        (200, "<html>", ProtocolError),
        (404, "", ProtocolError),
        (500, "", RetryLater),
        (429, "", RetryLater),
    ],
)
async def test_a_check_goes_by_what_proves_the_login(
    status: int, said: Any, raises: type[NextVisitError]
) -> None:
    async with serving(lambda _: (status, said)) as port:
        channel = HttpSmsChannel(settings("smsc", port))
        with pytest.raises(raises):
            await channel.check()
        await channel.close()


@pytest.mark.anyio
async def test_that_there_is_no_check_is_said() -> None:
    assert "nothing proves the login" in await HttpSmsChannel(settings("kannel", 1)).check()
