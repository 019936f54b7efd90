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
        load(
            SourceFile("f", SITE.format(**{"name": "x", "phone": "22 555 02 00", which: text})), SiteSettings
        )


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


def test_what_cannot_be_true_is_told_all_at_once_with_its_line() -> None:
    text = """
name: Klinika
phone: "12"
zone: Europe/Nowhere
country: PL
languages: [pl, qq, Polish]
public_url: http://wizyty.klinika.example
closed: {2026-02-30: Wigilia}
"""
    with pytest.raises(InvalidFile) as caught:
        load(SourceFile("f", text), SiteSettings)
    told = {(each.line, each.message.partition(";")[0]) for each in caught.value.faults}
    assert {line for line, _ in told} == {3, 4, 6, 7, 8}
    assert (3, "is no phone number of PL") in told
    assert (6, "`qq` is no language") in told


@pytest.mark.parametrize(
    ("country", "phone"),
    [("PL", "22 555 02 00"), ("PL", "+48 22 555 02 00"), ("DE", "030 901820"), ("US", "(212) 555-0100")],
)
def test_a_phone_is_one_of_its_country_however_it_is_written(country: str, phone: str) -> None:
    text = SITE.format(name="x", phone=f'"{phone}"').replace("country: PL", f"country: {country}")
    assert load(SourceFile("f", text), SiteSettings).phone == phone
    with pytest.raises(InvalidFile, match="is no phone number of UA"):
        load(
            SourceFile(
                "f", text.replace(phone, "+48 22 555 02 00").replace(f"country: {country}", "country: UA")
            ),
            SiteSettings,
        )


def test_a_country_is_one_that_there_is() -> None:
    text = SITE.format(name="x", phone='"1"').replace("country: PL", "country: QQ")
    with pytest.raises(InvalidFile) as caught:
        load(SourceFile("f", text), SiteSettings)
    assert [each.message for each in caught.value.faults] == [
        "is no country; write the two letters of ISO 3166, such as PL"
    ]
