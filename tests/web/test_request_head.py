"""Whose request it is: what another host is asked, and what is read in two ways, is refused and not repeated."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextvisit.web.app import create_app
from nextvisit.web.request_head import RequestHead, hosts_of
from tests.world.clinic import Clinic
from tests.world.site import SITE
from tests.world.web import client, deps_of

pytestmark = pytest.mark.anyio

OURS = hosts_of(SITE.public_url, ())[0]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (OURS, 404),
        (f"{OURS}:443", 404),
        (OURS.upper(), 404),
        (f"{OURS}.", 404),
        ("localhost:8080", 404),
        ("127.0.0.1", 404),
        ("[::1]:8080", 404),
        ("pages.example", 404),
        ("[2001:db8::7]", 404),
        ("evil.example", 421),
        (f"evil.{OURS}", 421),
        (f"{OURS}.evil.example", 421),
        ("10.0.0.7", 421),
        ("[::2]", 421),
        (f"{OURS}@evil.example", 400),
        (f"evil.example@{OURS}", 400),
        (f"{OURS}:80:80", 400),
        (f"{OURS}/evil", 400),
        (f"{OURS}, evil.example", 400),
        ("", 400),
    ],
)
async def test_only_our_hosts_are_served(host: str, status: int, clinic: Clinic) -> None:
    deps = replace(deps_of(clinic), hosts=("pages.example", "2001:db8::7"))
    async with client(deps) as http:
        answer = await http.get("/nowhere", headers={"Host": host})
    assert answer.status_code == status
    assert "evil" not in answer.text + str(answer.headers)


async def test_a_clinic_s_own_letters_are_a_host_as_browsers_write_it() -> None:
    assert hosts_of("https://łódź.example/x", ()) == ("xn--d-uga0v4h.example",)


async def test_a_call_of_a_webhook_for_another_host_is_refused(clinic: Clinic) -> None:
    async with client(deps_of(clinic)) as http:
        answer = await http.post("/webhooks/sms", content=b"{}", headers={"Host": "evil.example"})
    assert answer.status_code == 421


@pytest.mark.parametrize("path", ["/health/live/", "/v/abc/", "/webhooks/", "//evil.example/x"])
@pytest.mark.parametrize("host", ["evil.example", OURS])
async def test_no_redirect_is_made_of_a_request(path: str, host: str, clinic: Clinic) -> None:
    async with client(deps_of(clinic)) as http:
        answer = await http.get(f"{SITE.public_url}{path}", headers={"Host": host})
    assert answer.status_code in {404, 421}
    assert "location" not in answer.headers


async def test_a_probe_asks_by_whatever_address(clinic: Clinic) -> None:
    async with client(deps_of(clinic)) as http:
        for path in ("/health/live", "/health/ready"):
            answer = await http.get(path, headers={"Host": "10.42.0.17:8080"})
            assert answer.status_code != 421
            assert "10.42" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("PUT", "/v/abc", 405),
        ("HEAD", "/v/abc", 410),
        ("TRACE", "/health/live", 405),
    ],
)
async def test_whatever_is_answered_has_the_headers_that_protect(
    method: str, path: str, status: int, clinic: Clinic
) -> None:
    async with client(deps_of(clinic)) as http:
        answer = await http.request(method, path)
    assert answer.status_code == status
    for header in ("x-content-type-options", "referrer-policy", "content-security-policy", "cache-control"):
        assert header in answer.headers


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(host=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
async def test_no_spelling_of_another_host_is_taken_for_ours(host: str, clinic: Clinic) -> None:
    heard = host.encode("latin-1")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/nowhere",
        "raw_path": b"/nowhere",
        "query_string": b"",
        "headers": [(b"host", heard)],
    }
    told = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    await RequestHead(create_app(deps_of(clinic)), [OURS])(scope, receive, send)  # type: ignore[arg-type]
    assert told[0]["status"] in {400, 421}
