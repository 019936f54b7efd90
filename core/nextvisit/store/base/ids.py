"""Names of the store's own rows. A patient's is in `store.people.patients`, a message's in `sdk.channels`."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

JourneyId = NewType("JourneyId", UUID)
"""One patient's run; equal to the id of its enrolment."""

OfferId = NewType("OfferId", UUID)
BookingId = NewType("BookingId", UUID)
"""What the MIS is given to make a booking idempotent."""

TaskId = NewType("TaskId", UUID)
SuppressionId = NewType("SuppressionId", UUID)
