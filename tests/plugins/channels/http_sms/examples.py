"""The examples of docs/http_sms.md, as an operator copies them, led to this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from nextvisit.files.yaml_text import SourceFile, parse
from nextvisit_channel_http_sms import HttpSmsSettings

DOCUMENT = Path(__file__).parents[4] / "docs" / "http_sms.md"
_SECTION = re.compile(r"^## (\w+)\n(?:(?!^## ).*\n)*?```yaml\n((?:(?!```).*\n)*)```", re.MULTILINE)
EXAMPLES: dict[str, str] = {
    name.lower(): text for name, text in _SECTION.findall(DOCUMENT.read_text("utf-8"))
}

SECRETS = {
    "sms_callbacks": "callbacks-secret-62041",
    "smsapi_token": "smsapi-oauth-token-5519",
    "smsc_login": "klinika",
    "smsc_password": "smsc-password-7341",
    "twilio_token": "twilio-auth-token-9920",
    "kannel_user": "clinic",
    "kannel_password": "kannel-password-1188",
}


def raw(name: str) -> dict[str, Any]:
    """What stands below `settings`, as the settings' reader has it."""
    document, faults = parse(SourceFile(name, EXAMPLES[name]))
    assert not faults
    found: Any = document
    assert found["channels"]["sms"]["channel"] == "http_sms"
    settings: dict[str, Any] = found["channels"]["sms"]["settings"]
    return settings


def here(value: Any, port: int, wrong: frozenset[str] = frozenset()) -> Any:
    """Secrets from the environment, and the gateway on this machine."""
    match value:
        case Mapping():
            return {key: here(each, port, wrong) for key, each in value.items()}
        case list():
            return [here(each, port, wrong) for each in value]
        case str() if value.startswith("file:"):
            name = value.rpartition("/")[2]
            return f"env:{'WRONG' if name in wrong else name.upper()}"
        case str() if re.match(r"https?://(?!clinic\.example|127\.0\.0\.1:8080)", value):
            return urlunsplit(urlsplit(value)._replace(scheme="http", netloc=f"127.0.0.1:{port}"))
        case _:
            return value


def settings(name: str, port: int, wrong: str = "", **more: Any) -> HttpSmsSettings:
    return HttpSmsSettings.model_validate(here(raw(name), port, frozenset({wrong})) | more)
