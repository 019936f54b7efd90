"""What a clinic may start from. It is cautious; a clinic's lawyer may know that it can be less so."""

from __future__ import annotations

from datetime import time, timedelta
from types import MappingProxyType

from nextvisit.domain.budget import Budget
from nextvisit.domain.consent import ConsentRules
from nextvisit.domain.contact_policy import ContactPolicy
from nextvisit.domain.quiet_hours import MONDAY_TO_SATURDAY, Window
from nextvisit.sdk.records import Purpose

_DAY = (time(9), time(20))

# Every day for service: a visit on Monday needs its reminder on Sunday.
SERVICE_HOURS = Window(*_DAY)
RECALL_HOURS = Window(*_DAY, on_holidays=False)
MARKETING_HOURS = Window(time(10), time(19), weekdays=MONDAY_TO_SATURDAY, on_holidays=False)

DEFAULT_POLICY = ContactPolicy(
    consent=ConsentRules(
        required=frozenset(Purpose) - {Purpose.SERVICE},
        lasts=timedelta(days=3 * 365),
    ),
    windows=MappingProxyType(
        {
            Purpose.SERVICE: SERVICE_HOURS,
            Purpose.RECALL: RECALL_HOURS,
            Purpose.FEEDBACK: RECALL_HOURS,
            Purpose.NEWSLETTER: MARKETING_HOURS,
            Purpose.MARKETING: MARKETING_HOURS,
        }
    ),
    # A message names a given name and no illness, so a couple or a mother of two may share a phone.
    # Beyond three it is likelier a reception's or a school's number. Offers are for one person.
    sharing=MappingProxyType(
        {
            Purpose.SERVICE: 3,
            Purpose.RECALL: 3,
            Purpose.FEEDBACK: 3,
            Purpose.NEWSLETTER: 1,
            Purpose.MARKETING: 1,
        }
    ),
    # Three a week for what concerns health; the third is kept free of newsletters and offers.
    budget=Budget(
        ceilings=MappingProxyType(
            {Purpose.RECALL: 3, Purpose.FEEDBACK: 3, Purpose.NEWSLETTER: 2, Purpose.MARKETING: 2}
        ),
        window=timedelta(days=7),
    ),
)
