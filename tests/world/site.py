"""The clinic that all tests belong to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from nextvisit.domain.site import Site

SITE = Site(
    name="Klinika Zdrowie",
    phone="+48 22 123 45 67",
    zone=ZoneInfo("Europe/Warsaw"),
    country="PL",
    languages=("pl", "ru", "en"),
    short_name="Klinika",
    public_url="https://klinika.example",
)
SOURCE = "his"
"""The connection to its MIS."""
