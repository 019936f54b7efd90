"""The clinic that all tests belong to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from nextvisit.domain.connections import Connection, Connections
from nextvisit.domain.site import Site
from nextvisit.sdk.testing.fake_channel import MAILS, TEXTS
from nextvisit.store.people.upsert import Reach

SITE = Site(
    name="Klinika Zdrowie",
    phone="+48 22 123 45 67",
    zone=ZoneInfo("Europe/Warsaw"),
    country="PL",
    languages=("pl", "ru", "en"),
    short_name="Klinika",
    public_url="https://klinika.example",
)
CONNECTIONS = Connections((Connection("mail", MAILS), Connection("sms", TEXTS)))
"""Its channels."""

REACH = Reach(CONNECTIONS.addresses, SITE.country)
"""How its patients can be looked up."""

SOURCE = "his"
"""The connection to its MIS."""
