"""A call is the gateway's or is rejected; what it says is kept once, and understood as the settings say or not."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import traceback
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nextvisit.sdk.channels import DeliveryReport, DeliveryStatus, InboundMessage, MessageId, UnreadableEvent
from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.errors import ConfigError, ProtocolError, Rejected
from nextvisit_channel_http_sms.callbacks import Callbacks
from nextvisit_channel_http_sms.calls import Door

SECRET = "shared-with-the-gateway"
REPORTS = {"ref": "id", "status": "state", "words": {"ok": "delivered", "bad": "failed"}}
ANSWERS = {"sender": "by", "text": "text", "ref": "id"}
BY_QUERY = {"stands": "query", "name": "key", "secret": "env:SHARED"}


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED", SECRET)


def door(**told: Any) -> Door:
    return Door(Callbacks.model_validate(told))


def form(headers: dict[str, str] | None = None, path: str = "/webhooks/sms", **fields: str) -> RawRequest:
    return RawRequest("POST", path, (), tuple((headers or {}).items()), urlencode(fields).encode())


def of_json(body: Any, **query: str) -> RawRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RawRequest("POST", "/webhooks/sms", tuple(query.items()), (), raw)


def digest(name: str, over: bytes) -> bytes:
    return hmac.new(SECRET.encode(), over, name).digest()


BODY = urlencode({"id": "m-1", "state": "ok"}).encode()
RECIPES: list[tuple[dict[str, Any], dict[str, str], dict[str, str]]] = [
    # What the settings say, and the headers and further fields of the call.
    ({"by": "hmac-sha256", "over": "{body}", "header": "X-Sig"}, {"x-sig": digest("sha256", BODY).hex()}, {}),
    (
        {"by": "hmac-sha256", "over": "{body}", "header": "X-Sig"},
        {"x-sig": digest("sha256", BODY).hex().upper()},
        {},
    ),
    (
        {"by": "hmac-sha256", "over": "{body}", "header": "X-Sig", "prefix": "sha256="},
        {"x-sig": "sha256=" + digest("sha256", BODY).hex()},
        {},
    ),
    (
        {"by": "hmac-sha1", "over": "{header.x-time}.{body}", "header": "X-Sig", "written": "base64"},
        {"x-time": "1777", "x-sig": base64.b64encode(digest("sha1", b"1777." + BODY)).decode()},
        {},
    ),
    (
        {"by": "hmac-md5", "over": "{field.id}:{field.state}", "field": "sig"},
        {},
        {"sig": digest("md5", b"m-1:ok").hex()},
    ),
    (
        {"by": "md5", "over": "{field.id}:{field.state}:{secret}", "field": "sig"},
        {},
        {"sig": hashlib.md5(f"m-1:ok:{SECRET}".encode()).hexdigest()},
    ),
    (
        {"by": "sha1", "over": "{secret}{sorted_fields}", "header": "X-Sig"},
        {"x-sig": hashlib.sha1(f"{SECRET}idm-1stateok".encode()).hexdigest()},
        {},
    ),
    (
        {"by": "sha256", "over": "{secret}{body}", "header": "X-Sig"},
        {"x-sig": hashlib.sha256(SECRET.encode() + BODY).hexdigest()},
        {},
    ),
]


@pytest.mark.parametrize(("recipe", "headers", "more"), RECIPES)
def test_a_signature_by_its_recipe_verifies_and_no_other_call_does(
    recipe: dict[str, Any], headers: dict[str, str], more: dict[str, str]
) -> None:
    here = door(signature=recipe | {"secret": "env:SHARED"}, reports=REPORTS)
    here.receive(form(headers, id="m-1", state="ok", **more))
    (report,) = here.parse(form(headers, id="m-1", state="ok", **more).as_kept())
    assert report == DeliveryReport(DeliveryStatus.DELIVERED, "m-1")
    signed = "x-sig" if headers else "sig"
    blank = {} if headers else {signed: ""}
    for call in (
        form(headers, id="m-2", state="ok", **more),
        form(headers, id="m-1", state="bad", **more),
        form({}, id="m-1", state="ok"),
        form(headers | {signed: ""}, id="m-1", state="bad", **(more | blank)),
        form({"x-sig": "podpiś"}, id="m-1", state="ok"),
        RawRequest("POST", "/webhooks/sms", (), tuple(headers.items()), b"\xff\xfe"),
        RawRequest("POST", "/webhooks/sms", (), (*headers.items(), *headers.items()), BODY + (b"&sig=&sig=" if not headers else b"")),
    ):  # fmt: skip
        with pytest.raises(Rejected):
            here.receive(call)


@pytest.mark.parametrize("stands", ["path", "query", "header"])
def test_a_shared_secret_is_brought_whole(stands: str) -> None:
    named = {} if stands == "path" else {"name": "X-Key"}
    here = door(secret={"stands": stands, "secret": "env:SHARED", **named}, reports=REPORTS | {"path": "dlr"})

    def call(secret: str | None) -> RawRequest:
        end = f"/{secret}" if stands == "path" and secret is not None else ""
        brought = () if secret is None else ((("X-Key" if stands == "query" else "x-key"), secret),)
        return RawRequest(
            "POST",
            f"/webhooks/sms/dlr{end}",
            brought if stands == "query" else (),
            brought if stands == "header" else (),
            BODY,
        )

    here.receive(call(SECRET))
    assert len(here.parse(call(SECRET).as_kept())) == 1
    for wrong in (None, "", SECRET[:-1], SECRET + "x", SECRET.upper(), "ą"):
        with pytest.raises(Rejected):
            here.receive(call(wrong))


@pytest.mark.parametrize("secret", ["", "short", "x" * 15])
def test_a_secret_that_can_be_guessed_opens_no_door(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED", secret)
    here = door(secret=BY_QUERY, reports=REPORTS)
    with pytest.raises(ConfigError) as caught:
        here.receive(RawRequest("POST", "/webhooks/sms", (("key", secret),), (), BODY))
    assert caught.value.place == "env:SHARED"
    with pytest.raises(ConfigError):
        here.require_secrets()


def test_an_empty_key_signs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED", "")
    here = door(
        signature={"by": "hmac-sha256", "over": "{body}", "header": "X", "secret": "env:SHARED"},
        reports=REPORTS,
    )
    with pytest.raises(ConfigError):
        here.receive(form({"x": hmac.new(b"", BODY, "sha256").hexdigest()}, id="m-1", state="ok"))


def test_both_proofs_are_wanted_where_both_are_said() -> None:
    recipe = {"by": "hmac-sha256", "over": "{body}", "header": "X", "secret": "env:SHARED"}
    here = door(secret=BY_QUERY, signature=recipe, reports=REPORTS)
    signed = (("x", digest("sha256", BODY).hex()),)
    here.receive(RawRequest("POST", "/webhooks/sms", (("key", SECRET),), signed, BODY))
    for query, headers in (((), signed), ((("key", SECRET),), ())):
        with pytest.raises(Rejected):
            here.receive(RawRequest("POST", "/webhooks/sms", query, headers, BODY))


def test_several_reports_of_one_call_of_json() -> None:
    """As Infobip has them, and as a list that is the whole body."""
    rows = [{"id": "m-1", "state": {"name": "ok"}, "to": 48500100200}, {"id": "m-2", "state": {"name": "?"}}]
    reports = REPORTS | {"status": "state.name", "to": "to"}
    for each, body in (("results", {"results": rows}), (".", rows)):
        here = door(secret=BY_QUERY, reads="json", each=each, reports=reports)
        assert list(here.parse(of_json(body, key=SECRET))) == [
            DeliveryReport(DeliveryStatus.DELIVERED, "m-1", to=("48500100200",)),
            DeliveryReport(DeliveryStatus.UNKNOWN, "m-2"),
        ]
    wrongs: list[Any] = [
        [],
        {},
        {"results": []},
        {"results": {"id": "m-1"}},
        {"results": [{"id": "m-1"}]},
        {"results": [None]},
    ]
    for wrong in wrongs:
        with pytest.raises(ProtocolError):
            door(secret=BY_QUERY, reads="json", each="results", reports=reports).parse(of_json(wrong))


def test_one_event_that_is_not_described_costs_itself() -> None:
    """A STOP beside a reaction is heard."""
    apart = {
        "reports": REPORTS | {"when": {"present": ["state"]}},
        "answers": ANSWERS | {"when": {"present": ["text"]}},
    }
    here = door(secret=BY_QUERY, reads="json", each=".", **apart)
    stop = {"id": "1", "text": "STOP", "by": "48500100200"}
    none = UnreadableEvent("http_sms.event")
    for strange in ({"emoji": "x"}, {"id": "1", "state": "ok", "text": "STOP"}, {"text": ["STOP"]}, 7):
        heard = here.parse(of_json([strange, stop, strange], key=SECRET))
        assert [heard[0], heard[2]] == [none, none]
        assert isinstance(heard[1], InboundMessage)
        with pytest.raises(ProtocolError):
            here.parse(of_json([strange, strange], key=SECRET))


def test_columns_of_different_lengths_say_nothing_of_anybody() -> None:
    here = door(secret=BY_QUERY, split=",", reports=REPORTS | {"to": "to"})
    assert len(here.parse(form(id="1,2", state="ok,bad", to="48500100200,48500100201"))) == 2
    with pytest.raises(ProtocolError):
        here.parse(form(id="1,2", state="ok,bad", to="48500100200"))


def test_a_call_of_two_meanings_or_none_is_parked() -> None:
    apart = {
        "reports": REPORTS | {"when": {"present": ["state"]}},
        "answers": ANSWERS | {"when": {"present": ["text"]}},
    }
    here = door(secret=BY_QUERY, **apart)
    assert isinstance(here.parse(form(id="1", state="ok"))[0], DeliveryReport)
    assert isinstance(here.parse(form(id="1", text="TAK", by="48500100200"))[0], InboundMessage)
    for call in (
        form(id="1"),
        form(id="1", state="ok", text="TAK"),
        form(path="/webhooks/sms/x", id="1", state="ok"),
    ):
        with pytest.raises(ProtocolError):
            here.parse(call)


def test_a_field_that_stands_twice_is_no_word() -> None:
    here = door(secret=BY_QUERY, reports=REPORTS)
    for body in (b"id=1&state=ok&state=bad", b"id=1&id=2&state=ok"):
        with pytest.raises(ProtocolError):
            here.parse(RawRequest("POST", "/webhooks/sms", (), (), body))
    twice = door(secret=BY_QUERY, reads="json", reports=REPORTS)
    with pytest.raises(ProtocolError):
        twice.parse(of_json(b'{"id": "1", "state": "bad", "state": "ok"}'))


def test_letters_are_read_in_the_gateways_charset_and_what_is_none_shows() -> None:
    here = door(secret=BY_QUERY, charset="windows-1251", answers=ANSWERS)
    body = f"id=1&by=7900&text={quote('СТОП'.encode('cp1251'))}%98".encode()
    (answer,) = here.parse(RawRequest("POST", "/webhooks/sms", (), (), body))
    assert isinstance(answer, InboundMessage)
    assert answer.text == "СТОП\ufffd"
    json_door = door(secret=BY_QUERY, reads="json", answers=ANSWERS)
    (half,) = json_door.parse(of_json(b'\xef\xbb\xbf{"id": 1, "by": 7900, "text": "STOP \\ud83d"}'))
    assert isinstance(half, InboundMessage)
    assert (half.text, half.sender, half.provider_ref) == ("STOP \ufffd", "7900", "1")


OURS = "00000000-0000-4000-8000-000000000007"


def test_a_report_finds_its_message_by_our_id_and_by_nothing_that_is_none() -> None:
    here = door(secret=BY_QUERY, reports=REPORTS | {"ref": None, "message": "ours"})
    assert here.parse(form(ours=OURS.upper(), state="ok")) == [
        DeliveryReport(DeliveryStatus.DELIVERED, None, message=MessageId(OURS))
    ]
    for ours in ("", "7", OURS + "0", "48500100200"):
        with pytest.raises(ProtocolError):
            here.parse(form(ours=ours, state="ok"))


@pytest.mark.parametrize(
    ("code", "kept"),
    [("27", "27"), ("30003", "30003"), ("48500100200", None), ("no such number", None), ("", None)],
)
def test_a_code_is_a_code_and_no_number_of_anybodys(code: str, kept: str | None) -> None:
    (report,) = door(secret=BY_QUERY, reports=REPORTS | {"code": "err"}).parse(
        form(id="1", state="bad", err=code)
    )
    assert isinstance(report, DeliveryReport)
    assert report.code == kept


@pytest.mark.parametrize(
    ("at", "said", "meant"),
    [
        ({"written": "unix"}, "1777881600", datetime(2026, 5, 4, 8, 0, tzinfo=UTC)),
        ({"written": "unix_ms"}, "1777881600500", datetime(2026, 5, 4, 8, 0, 0, 500_000, tzinfo=UTC)),
        ({"written": "iso"}, "2026-05-04T10:00:00+02:00", datetime(2026, 5, 4, 8, 0, tzinfo=UTC)),
        ({"written": "iso"}, "2026-05-04T10:00:00", None),
        (
            {"written": "iso", "zone": "Europe/Warsaw"},
            "2026-05-04T10:00:00",
            datetime(2026, 5, 4, 8, 0, tzinfo=UTC),
        ),
        (
            {"written": "%Y-%m-%d %H:%M", "zone": "Europe/Warsaw"},
            "2026-01-04 10:00",
            datetime(2026, 1, 4, 9, 0, tzinfo=UTC),
        ),
        ({"written": "%d.%m.%Y %H:%M %z"}, "04.05.2026 10:00 +0200", datetime(2026, 5, 4, 8, 0, tzinfo=UTC)),
        ({"written": "unix"}, "yesterday", None),
        ({"written": "unix"}, "9" * 30, None),
        ({"written": "unix"}, "nan", None),
    ],
)
def test_a_time_has_its_zone_or_is_left_out_and_the_event_stays(
    at: dict[str, str], said: str, meant: datetime | None
) -> None:
    here = door(secret=BY_QUERY, reports=REPORTS | {"at": at | {"field": "t"}})
    (report,) = here.parse(form(id="1", state="ok", t=said))
    assert isinstance(report, DeliveryReport)
    assert report.at == meant


def test_a_thing_told_twice_is_one_and_other_things_are_others() -> None:
    here = door(
        secret=BY_QUERY,
        reports=REPORTS | {"when": {"present": ["state"]}, "dedupe": ["id", "state"]},
        answers=ANSWERS | {"when": {"absent": ["state"]}, "dedupe": ["id", "text"]},
    )

    def key(**fields: str) -> str:
        body = urlencode(fields).encode()
        return here.receive(RawRequest("POST", "/webhooks/sms", (("key", SECRET),), (), body)).dedupe

    assert key(id="1", state="ok", attempt="1") == key(id="1", state="ok", attempt="2")
    keys = [
        key(id="1", state="ok"), key(id="1", state="bad"), key(id="2", state="ok"), key(id="1", text="ok", by="7"),
        key(id="1ok", state=""), key(strange="1"), key(strange="2"),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)


def test_without_fields_to_go_by_the_whole_call_is_one() -> None:
    here = door(secret=BY_QUERY, reports=REPORTS)
    calls = [
        RawRequest("POST", path, (("key", SECRET), *query), (("x-id", str(number)),), body)
        for number, (path, query, body) in enumerate(
            [
                ("/webhooks/sms", (), BODY),
                ("/webhooks/sms", (), BODY + b"&n=2"),
                ("/webhooks/sms", (("n", "2"),), BODY),
                ("/webhooks/sms/n", (), BODY),
            ]
        )
    ]
    assert len({here.receive(call).dedupe for call in calls}) == len(calls)


def test_where_nothing_is_told_nobody_calls() -> None:
    here = Door(None)
    with pytest.raises(Rejected):
        here.receive(form(id="1", state="ok"))
    with pytest.raises(ProtocolError):
        here.parse(form(id="1", state="ok"))


DOORS = [
    {"reads": "form", "answers": ANSWERS, "reports": REPORTS | {"path": "dlr"}},
    {"reads": "json", "answers": ANSWERS, "each": "list"},
    {"reads": "query", "reports": REPORTS, "split": ","},
]


@pytest.mark.parametrize("told", DOORS, ids=str)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from(["/webhooks/sms", "/webhooks/sms/dlr", "/", ""]),
    query=st.lists(st.tuples(st.sampled_from(["id", "state", "text", "by"]), st.text())),
    body=st.binary() | st.builds(lambda value: json.dumps(value).encode(), st.dictionaries(st.sampled_from(["list", "id", "text", "by"]), st.text() | st.lists(st.none() | st.text())))
    | st.builds(lambda value: urlencode(value).encode(), st.dictionaries(st.sampled_from(["id", "text", "by"]), st.text(st.characters(codec="utf-8")))),
)  # fmt: skip
def test_whatever_a_verified_call_says_it_is_kept_and_parsed_or_parked(
    told: dict[str, Any], path: str, query: list[tuple[str, str]], body: bytes
) -> None:
    here = door(secret={"stands": "header", "name": "k", "secret": "env:SHARED"}, **told)
    request = RawRequest("POST", path, tuple(query), (("k", SECRET),), body)
    here.receive(request).dedupe.encode()
    with contextlib.suppress(ProtocolError):
        for event in here.parse(request.as_kept()):
            assert isinstance(event, DeliveryReport | InboundMessage)


def test_what_is_parked_quotes_nothing() -> None:
    here = door(secret=BY_QUERY, reads="json", answers=ANSWERS)
    said = b'{"by": "48500100200", "text": "Kanarienvogel 4711", "x": NaN}'
    with pytest.raises(ProtocolError) as caught:
        here.parse(of_json(said))
    told = "".join(traceback.format_exception(caught.value))
    assert "4711" not in told
    assert "48500100200" not in told
