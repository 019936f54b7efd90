"""What a message costs, as a provider says it and as it is kept. What is no price is left out."""

from __future__ import annotations

from typing import Any

import structlog

from nextvisit.sdk.channels import MessageId, Price, is_price

log = structlog.get_logger()


def price_columns(message: MessageId, price: Price | None) -> dict[str, Any]:
    """Those that it changes. The message went out whatever its price is said to be, so none is refused."""
    if price is None:
        return {}
    if not is_price(price):
        log.warning("message.price_unread", message=message)
        return {}
    return {"price": price.amount, "currency": price.currency}
