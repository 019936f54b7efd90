"""Channels for Pigeon whose prices are none."""

from __future__ import annotations

from decimal import Decimal

from nextvisit.sdk.channels import Price
from tests.sdk.vendors.channel_kits import kits_of
from tests.sdk.vendors.pigeon import PigeonChannel
from tests.sdk.wrong import wrong


@wrong("send gives a price that is none", "what_messages_cost_can_be_added_up")
class TakesMoneyForADebt(PigeonChannel):
    """A campaign that cost a thousand is said to have earned it."""

    def price(self, said: str) -> Price:
        return Price(Decimal(said), "PLN")


@wrong("send gives a price that is none", "what_messages_cost_can_be_added_up")
class NamesTheCurrencyByItsSign(PigeonChannel):
    def price(self, said: str) -> Price:
        return Price(-Decimal(said), "zł")


@wrong("send gives a price that is none", "what_messages_cost_can_be_added_up")
class CountsInFloats(PigeonChannel):
    def price(self, said: str) -> Price:
        return Price(-float(said), "PLN")  # type: ignore[arg-type]


globals().update(kits_of(globals()))
