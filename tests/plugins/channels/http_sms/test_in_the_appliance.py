"""An example of the document in the settings of a site, and behind its HTTP door."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog

from nextvisit.calls.troubles import Troubles
from nextvisit.files.fault import InvalidFile
from nextvisit.flow.engine.events import Delivered, Replied
from nextvisit.install.building import channel, refuse_faults
from nextvisit.install.connections import connections_of
from nextvisit.install.plugins import load_plugins
from nextvisit.install.settings import load_settings
from nextvisit.sdk.ports import Channel
from nextvisit.sdk.records import ChannelKind
from nextvisit.store.base.engine import Database
from nextvisit_channel_http_sms import HttpSmsChannel
from tests.house.tree import ROOT
from tests.plugins.channels.http_sms.examples import EXAMPLES, SECRETS, settings
from tests.world.clinic import Clinic
from tests.world.records import CANARY, PHONE
from tests.world.web import a_web

EXAMPLE = (ROOT / "config" / "nextvisit.example.yaml").read_text("utf-8")
SMPP = EXAMPLE[EXAMPLE.index("  sms:\n    channel: sms_smpp") : EXAMPLE.index("\napi:\n")]


def a_site(folder: Path, name: str, old: str = "", new: str = "") -> Path:
    """The example of the settings, with an example of the document for SMS."""
    described = (
        EXAMPLES[name].removeprefix("channels:\n").replace(old, new)
        if old
        else EXAMPLES[name].removeprefix("channels:\n")
    )
    file = folder / "nextvisit.yaml"
    file.write_text(EXAMPLE.replace(SMPP, described), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_a_connection_of_a_site(name: str, tmp_path: Path) -> None:
    site = load_settings(a_site(tmp_path, name))
    plugins = load_plugins(site.pins, wanted=site.plugins_used)
    refuse_faults(site, plugins)
    assert isinstance(channel(site, plugins, "sms", Troubles()), Channel)
    can = connections_of(site, plugins).capabilities[ChannelKind("sms")]
    assert can.receives == (name in {"smsc", "twilio"})


def test_a_fault_of_its_settings_is_told_with_the_line_of_the_file(tmp_path: Path) -> None:
    file = a_site(tmp_path, "twilio", "status: [201], field: sid", "status: [200, 400], field: sid")
    site = load_settings(file)
    with pytest.raises(InvalidFile) as caught:
        refuse_faults(site, load_plugins(site.pins, wanted=site.plugins_used))
    (fault,) = caught.value.faults
    assert "status: [200, 400]" in file.read_text("utf-8").splitlines()[fault.line - 1]
    assert fault.message.startswith("channels.sms.settings.answer.rules.0: an answer whose status")


def test_a_gateway_that_may_be_silent_for_longer_than_a_send_lasts_is_refused(tmp_path: Path) -> None:
    file = a_site(tmp_path, "twilio", "longest: 1600", "longest: 1600\n      timeout: PT25S")
    site = load_settings(file)
    with pytest.raises(InvalidFile, match="may wait 50 seconds"):
        refuse_faults(site, load_plugins(site.pins, wanted=site.plugins_used))


def signed(**fields: str) -> dict[str, Any]:
    """A call as Twilio makes it."""
    over = "https://clinic.example/webhooks/sms" + "".join(name + fields[name] for name in sorted(fields))
    made = hmac.new(SECRETS["twilio_token"].encode(), over.encode(), hashlib.sha1).digest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": base64.b64encode(made).decode(),
    }
    return {"content": urlencode(fields), "headers": headers}


@pytest.mark.anyio
async def test_what_a_gateway_tells_goes_through_the_door_into_the_journey_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: Any = HttpSmsChannel(settings("twilio", 1))
    clinic = Clinic(database, sms=told)
    await clinic.open()
    with structlog.testing.capture_logs() as logs:
        async with a_web(clinic) as web:
            sid = web.message.provider_ref or ""
            arrived = signed(MessageSid=sid, MessageStatus="delivered", To=PHONE)
            answer = signed(
                MessageSid="SM" + "b" * 32, From=PHONE, Body=f'{CANARY}: tak & "nie"\n+1', NumMedia="0"
            )
            for call in (arrived, answer, answer, arrived):
                done = await web.http.post("/webhooks/sms", **call)
                assert (done.status_code, done.text) == (200, "<Response/>")
                assert done.headers["content-type"].startswith("text/xml")
            forged = answer | {"content": answer["content"].replace("tak", "nie")}
            assert (await web.http.post("/webhooks/sms", **forged)).status_code == 401
            await clinic.drain()
            heard = [type(each) for each in await clinic.heard(web.journey)]
            assert heard == [Delivered, Replied]
    for said in (caplog.text, repr(logs)):
        assert CANARY not in said
        assert PHONE[1:] not in said
