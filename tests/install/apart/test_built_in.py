"""The plugins that are built in keep their ports' contract in a process of their own: some of their own kits' tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nextvisit.install.building import channel, mis_adapter
from nextvisit.install.plugins import plugins_of
from tests.install.apart.plugins import MEMORY, Site
from tests.plugins.channels.email_smtp import test_against_the_sandbox as email
from tests.plugins.channels.http_sms import test_gateways as gateways
from tests.plugins.channels.http_sms.examples import SECRETS
from tests.plugins.channels.sms_smpp import test_against_the_sandbox as smpp
from tests.plugins.mis_adapters.fhir_r4 import test_against_the_sandbox as fhir

pytestmark = pytest.mark.anyio
NUMBERS = itertools.count()


@pytest.fixture
def apart(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The kits' peers make their plugins in a process of their own."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name.upper(), secret)
    monkeypatch.setenv("WRONG", "wrong-secret-8461")

    def adapter(url: str, **more: Any) -> Any:
        settings = {"base_url": url, "token": "env:FHIR_TOKEN", "page_size": 40} | more
        name = f"clinic{next(NUMBERS)}"
        site.mis = {
            name: {
                "adapter": "fhir_r4",
                "sync_every": "1 hour",
                "process": {"memory": MEMORY},
                "settings": settings,
            }
        }
        return mis_adapter(site.settings, plugins_of(site.settings), name, site.troubles)

    def made(slug: str, settings: Any) -> Any:
        name = f"channel{next(NUMBERS)}"
        site.channels = {name: {"channel": slug, "process": {"memory": MEMORY}, "settings": settings}}
        return channel(site.settings, plugins_of(site.settings), name, site.troubles)

    def of_settings(slug: str) -> Any:
        return lambda settings: made(slug, settings.model_dump(mode="json", exclude_unset=True))

    monkeypatch.setattr(fhir, "adapter", adapter)
    monkeypatch.setattr(email, "EmailSmtpChannel", of_settings("email_smtp"))
    monkeypatch.setattr(smpp, "SmsSmppChannel", of_settings("sms_smpp"))
    monkeypatch.setattr(gateways, "HttpSmsChannel", of_settings("http_sms"))
    monkeypatch.setenv("FHIR_TOKEN", fhir.TOKEN)
    monkeypatch.setenv("FHIR_WRONG_TOKEN", "wrong-token-8461")
    monkeypatch.setenv("SMTP_PASSWORD", email.PASSWORD)
    monkeypatch.setenv("SMTP_WRONG", email.WRONG)
    monkeypatch.setenv("SMPP_PASSWORD", "sandbox1")
    monkeypatch.setenv("SMPP_WRONG", "wrong846")
    made_before = next(NUMBERS)
    yield site
    assert next(NUMBERS) > made_before + 1


@pytest.mark.parametrize(
    "promise",
    [
        "test_no_port_is_half_there",
        "test_each_row_becomes_the_record_that_is_expected",
        "test_a_pull_that_was_killed_after_any_page_loses_nothing",
        "test_a_listing_names_what_a_pull_tells_of",
        "test_a_wrong_login_stops_the_connection",
        "test_a_booking_whose_answer_was_cut_is_never_made_twice",
        "test_a_taken_slot_is_not_booked_again",
        "test_each_request_takes_its_turn",
        "test_a_mis_that_is_asked_too_often_is_given_its_time",
    ],
)
async def test_fhir_r4(apart: Site, promise: str) -> None:
    await getattr(fhir.TestFhirR4(), promise)()


SENDING = (
    "test_check_answers",
    "test_letters_arrive_as_they_were_written",
    "test_messages_that_are_sent_at_once_arrive_once_each",
    "test_a_wrong_login_is_not_the_recipients_fault",
    "test_a_send_whose_answer_was_cut_is_not_sent_again",
)
HEARING = (
    "test_what_comes_in_means_the_same_in_any_order_and_any_process",
    "test_what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged",
    "test_what_its_capabilities_promise_has_a_way_in",
)


@pytest.mark.parametrize("promise", SENDING)
async def test_email_smtp(apart: Site, promise: str, tmp_path: Path) -> None:
    suite = email.TestEmailSmtp()
    suite.ca_file = tmp_path / "ca.pem"
    await getattr(suite, promise)()


@pytest.mark.parametrize("promise", [*SENDING, *HEARING])
async def test_sms_smpp(apart: Site, promise: str) -> None:
    await getattr(smpp.TestSmsSmpp(), promise)()


@pytest.mark.parametrize("promise", [*SENDING, "test_a_forged_call_is_rejected", HEARING[0]])
async def test_http_sms(apart: Site, promise: str) -> None:
    await getattr(gateways.TestTwilio(), promise)()
