"""What the settings may say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import SourceFile, load
from nextvisit.install.settings import ApiSettings, ProcessSettings, SiteSettings

SITE = """
name: {name}
phone: {phone}
zone: Europe/Warsaw
country: PL
languages: [pl]
public_url: https://wizyty.klinika.example
"""


@pytest.mark.parametrize(
    "text", ['"Klinika\\r\\nBcc: x"', '"Klinika\\n"', '"Klin\\u200bika"', '"Klinika\\u2028"'], ids=ascii
)
@pytest.mark.parametrize("which", ["name", "phone"])
def test_what_signs_messages_is_one_line_that_shows(text: str, which: str) -> None:
    """It stands in mails' headers and within texts."""
    with pytest.raises(InvalidFile, match=r"one line|cannot hold"):
        load(SourceFile("f", SITE.format(**{"name": "x", "phone": "y", which: text})), SiteSettings)


def test_hosts_are_names_and_proxies_networks() -> None:
    text = "hosts: [pages.example, '2001:db8::7']\ntrusted_proxies: [10.0.0.7, 10.1.0.0/16]"
    settings = load(SourceFile("f", text), ApiSettings)
    assert [str(each) for each in settings.trusted_proxies] == ["10.0.0.7/32", "10.1.0.0/16"]
    for wrong in ("hosts: [https://pages.example]", "hosts: ['pages.example:80']", "trusted_proxies: [mis]"):
        with pytest.raises(InvalidFile):
            load(SourceFile("f", wrong), ApiSettings)


@pytest.mark.parametrize("memory", ["512", "512MB", "64MiB", "lots", "0GiB", "-1GiB"])
def test_the_memory_of_a_process_is_a_size_that_is_enough(memory: str) -> None:
    with pytest.raises(ValidationError, match="must be a size such as 512MiB or 2GiB, at least 128MiB"):
        ProcessSettings.model_validate({"memory": memory})
    assert ProcessSettings.model_validate({"memory": "512MiB"}).memory == 512 * 1024**2
    assert ProcessSettings.model_validate({"memory": "2 GiB"}).memory == 2 * 1024**3
