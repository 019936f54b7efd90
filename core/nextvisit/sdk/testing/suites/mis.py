"""What every MIS adapter must keep to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nextvisit.sdk.testing.suites.challenges import ChallengeTests
from nextvisit.sdk.testing.suites.mis_booking import BookingTests
from nextvisit.sdk.testing.suites.mis_capabilities import CapabilityTests
from nextvisit.sdk.testing.suites.mis_changes import ChangeTests
from nextvisit.sdk.testing.suites.mis_moving import MovingTests
from nextvisit.sdk.testing.suites.mis_patients import PatientTests
from nextvisit.sdk.testing.suites.mis_peer import MisPeer
from nextvisit.sdk.testing.suites.mis_reading import ReadingTests


class MisAdapterSuite(
    ReadingTests, PatientTests, ChangeTests, CapabilityTests, BookingTests, MovingTests, ChallengeTests
):
    """Subclass as `class Test…(MisAdapterSuite)` and implement `peer`."""

    def maker(self, peer: MisPeer) -> Callable[[], Any]:
        """See `CallbackTests`."""
        return peer.adapter
